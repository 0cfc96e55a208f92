import path from 'node:path';
import type { Request, RequestHandler } from 'express';
import { newId } from '../catalog/id.js';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import { type Caller, mayActAs } from '../graphql/caller.js';
import { storeUpload } from '../media/upload.js';

/** At the same time, in this process. */
const MOST_UPLOADS = 16;
const LONGEST_NAME = 200; // characters

/** PUT /uploads?fileName=…: streams the body into the media store and answers `{id, bytes, contentHash}`. */
export function uploads(prisma: PrismaClient, config: Pick<Config, 'dataFolder' | 'limits'>): RequestHandler {
  let running = 0;
  return async (request, response) => {
    const { caller, log, requestId } = response.locals;
    refuse(request, caller, config.limits.uploadBytes, running);
    running += 1;
    try {
      const { contentHash, bytes } = await storeUpload(request, {
        storeFolder: path.join(config.dataFolder, 'store'),
        maxBytes: config.limits.uploadBytes,
        signal: abortedWhenGone(request),
      }).catch((error) => {
        throw isGone(error) ? new Failure('CANCELLED', 'The sender went away before the end.') : error;
      });
      const upload = await prisma.upload.create({
        data: { id: newId('upload'), contentHash, bytes: BigInt(bytes), fileName: fileNameOf(request) },
      });
      log.info({ requestId, uploadId: upload.id, bytes, caller: caller.name }, 'a file was uploaded');
      response.status(201).json({ id: upload.id, bytes, contentHash });
    } finally {
      running -= 1;
    }
  };
}

/** @throws Failure FORBIDDEN, TOO_LARGE or RATE_LIMITED before anything is read */
function refuse(request: Request, caller: Caller, maxBytes: number, running: number): void {
  if (!mayActAs(caller, 'service')) {
    throw new Failure(
      'FORBIDDEN',
      `Uploads need the role service; the key ${caller.name} has ${caller.role}.`,
    );
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    throw new Failure('TOO_LARGE', `The file is too large; at most ${maxBytes} bytes can be sent.`);
  }
  if (running >= MOST_UPLOADS) {
    throw new Failure('RATE_LIMITED', `${MOST_UPLOADS} uploads are running; wait until one of them ends.`);
  }
}

/** Aborts when the connection closes before the body was read to its end. */
function abortedWhenGone(request: Request): AbortSignal {
  const controller = new AbortController();
  request.once('close', () => {
    if (!request.complete) controller.abort();
  });
  return controller.signal;
}

/** Whether the connection broke: nobody's fault here, and nobody is left to be told. */
function isGone({ cause }: Error): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';
}

/** What the sender calls the file, for people alone: it never names a file of ours. */
function fileNameOf(request: Request): string {
  const { fileName } = request.query;
  const name = typeof fileName === 'string' ? path.basename(fileName.replaceAll('\\', '/')) : '';
  const printable = name.replace(/\p{C}/gu, '').slice(0, LONGEST_NAME).trim();
  return printable === '' ? 'upload' : printable;
}
