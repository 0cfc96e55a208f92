import path from 'node:path';
import type { RequestHandler } from 'express';
import { Failure } from '../failure.js';
import type { PrismaClient } from '../generated/prisma/client.js';

const FRESH_SECONDS = 300; // then the ETag decides; a new decoding may choose another frame

/**
 * GET /thumbnails/<trailer id>/<shot index>.jpg. The file's name comes from the database, never from the
 * address.
 */
export function thumbnails(
  prisma: PrismaClient,
  dataFolder: string,
): RequestHandler<{ trailerId: string; file: string }> {
  return async (request, response, next) => {
    const { trailerId, file } = request.params;
    const place = await placeOf(prisma, trailerId, file);
    if (!place) throw new Failure('NOT_FOUND', 'There is no such picture.');
    const root = path.join(dataFolder, 'decoded', place.contentHash, 'thumbnails');
    response.sendFile(place.name, { root, maxAge: FRESH_SECONDS * 1000 }, (error) => {
      if (error && !clientIsGone(error)) next(error);
    });
  };
}

/** As express tells it of a file that it was sending: nobody is left to answer, and nothing is wrong here. */
const clientIsGone = (error: NodeJS.ErrnoException) =>
  error.code === 'ECONNABORTED' || error.syscall === 'write';

async function placeOf(
  prisma: PrismaClient,
  trailerId: string,
  file: string,
): Promise<{ contentHash: string; name: string } | null> {
  const index = /^(\d{1,6})\.jpg$/.exec(file)?.[1];
  if (index === undefined || trailerId.includes('\0')) return null;
  const shot = await prisma.shot.findUnique({
    where: { trailerId_index: { trailerId, index: Number(index) } },
    select: { thumbnail: true, trailer: { select: { contentHash: true } } },
  });
  return shot?.thumbnail && shot.trailer.contentHash
    ? { contentHash: shot.trailer.contentHash, name: shot.thumbnail }
    : null;
}
