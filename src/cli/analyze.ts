import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { addJob, removeJob } from '../analysis/jobs.js';
import { newId } from '../catalog/id.js';
import { type Config, readConfig } from '../config.js';
import { type Engine, openEngine } from '../engine.js';
import { Failure, type FailureCode } from '../failure.js';
import type { Prisma } from '../generated/prisma/client.js';
import { createLogger } from '../log.js';
import type { TrailerSource } from '../media/source.js';
import { decodeText } from '../media/text-encoding.js';
import { interruptible } from '../stop-signal.js';
import { readReport } from './analysis-report.js';
import { readClassifierFile, refuseForeign, tagByFile } from './classifier-file.js';
import { formatReport } from './report.js';

const MAX_SUBTITLE_BYTES = 4 * 1024 * 1024;
/** Should this process die, a server on the same database finishes the analysis after this long … */
const INSURANCE_SECONDS = 30;
/** … which is put off again this often while it lives. */
const INSURE_EVERY_MS = 5_000;

export interface AnalyzeFlags {
  subtitles?: string;
  title?: string;
  pack?: string;
  classifier?: string;
  force?: boolean;
  json?: boolean;
}

/** `marquee analyze`: one analysis in this process, its result on standard output. */
export async function analyzeCommand(given: string, flags: AnalyzeFlags): Promise<void> {
  await interruptible((signal) => analyze(given, flags, signal));
}

async function analyze(given: string, flags: AnalyzeFlags, signal: AbortSignal): Promise<void> {
  const { source, config } = await readSource(given, configOf(flags));
  const subtitles = flags.subtitles === undefined ? undefined : await readSubtitleFile(flags.subtitles);
  const classifier = flags.classifier === undefined ? null : await readClassifierFile(flags.classifier);
  const engine = await openEngine(config, createLogger(config.logLevel), { mostThreads: 1, signal });
  process.stderr.write(usedLine(engine));
  try {
    if (classifier !== null) refuseForeign(classifier, engine.pack.encoders);
    const titleId = await titleFor(engine, source, { given: flags.title, fallback: nameOf(given) });
    const request = {
      titleId,
      source,
      force: flags.force ?? false,
      ...(subtitles === undefined ? {} : { subtitles }),
    };
    // The compact pack is loaded while the trailer is decoded, and not missed where everything is known.
    if (engine.pack.id === 'full') await engine.loaded;
    signal.throwIfAborted();
    const { analysis } = await engine.analyses.create(request, (tx, { id }) => insure(tx, id));
    await runWithBar(engine, analysis.id, signal);
    const report = {
      ...(await readReport(engine, analysis.id)),
      ...(classifier === null ? {} : await tagByFile(engine, analysis.trailerId, classifier)),
    };
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
  } finally {
    await engine.close();
  }
}

/** What a fall-back would otherwise hide. */
function usedLine({ pack, packReason, device }: Engine): string {
  return `Pack ${pack.id} (${packReason}) on ${device.device} (${device.reason}).\n`;
}

function configOf({ pack }: AnalyzeFlags): Config {
  const env = { LOG_LEVEL: 'error', ...process.env };
  return readConfig(pack === undefined ? env : { ...env, MARQUEE_PACK: pack });
}

/** A local file may be read wherever it lies: who runs this command can read it anyway. */
async function readSource(given: string, config: Config): Promise<{ source: TrailerSource; config: Config }> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(given)) return { source: { kind: 'URL', url: given }, config };
  const file = path.resolve(given);
  const real = await realpath(file).catch(() => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no file ${given}. Check the path.`);
  });
  return {
    source: { kind: 'PATH', path: real },
    config: { ...config, mediaRoots: [...config.mediaRoots, path.dirname(real)] },
  };
}

async function readSubtitleFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no subtitle file ${file}. Check the path.`);
  });
  // A folder cannot be read, a pipe or a device may have no end.
  if (!found.isFile()) {
    throw new Failure('SOURCE_NOT_A_FILE', `${file} is not a file. Give the path of a subtitle file.`);
  }
  if (found.size > MAX_SUBTITLE_BYTES) {
    throw new Failure(
      'TOO_LARGE',
      `${file} is no subtitle file: it has ${found.size} bytes, and 4 MiB is the limit.`,
    );
  }
  const bytes = await readFile(file).catch(() => {
    throw new Failure('SOURCE_NOT_FOUND', `${file} cannot be read. Give this user the right to.`);
  });
  return decodeText(bytes);
}

function nameOf(given: string): string {
  const last = given.split(/[\\/]/).findLast((part) => part !== '') ?? given;
  return last.replace(/\.[a-z0-9]{2,5}$/i, '') || given;
}

/** The title that this source belonged to last time, of this name where one is given; else a new one. */
async function titleFor(
  { database }: Engine,
  source: TrailerSource,
  name: { given: string | undefined; fallback: string },
): Promise<string> {
  const locator = source.kind === 'PATH' ? source.path : source.kind === 'URL' ? source.url : source.uploadId;
  const known = await database.prisma.trailer.findFirst({
    where: {
      sourceKind: source.kind,
      sourceLocator: locator,
      ...(name.given === undefined ? {} : { title: { name: name.given } }),
    },
    orderBy: { createdAt: 'desc' },
    select: { titleId: true },
  });
  if (known) return known.titleId;
  const id = newId('title');
  await database.prisma.title.create({ data: { id, name: name.given ?? name.fallback, genres: [] } });
  return id;
}

/** The job with which a server goes on where this process dies. */
async function insure(tx: Prisma.TransactionClient, analysisId: string): Promise<void> {
  await addJob(tx, analysisId, { priority: 0, delaySeconds: INSURANCE_SECONDS });
}

/** Runs the analysis while its events move a progress bar on standard error. @throws its Failure */
async function runWithBar(engine: Engine, analysisId: string, signal: AbortSignal): Promise<void> {
  const bar = new SingleBar({
    format: '{stage} [{bar}] {percentage} %',
    stream: process.stderr,
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  const watching = new AbortController();
  const cancel = () => void engine.analyses.cancel(analysisId).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const { prisma } = engine.database;
  // One that fails is made up for by the next.
  const renew = () => void prisma.$transaction((tx) => insure(tx, analysisId)).catch(() => undefined);
  const insurance = setInterval(renew, INSURE_EVERY_MS);
  bar.start(100, 0, { stage: 'starting   ' });
  const watch = (async () => {
    for await (const event of engine.analyses.events(analysisId, 0, watching.signal)) {
      bar.update(Math.round(event.progress * 100), {
        stage: (event.stage ?? 'finishing').toLowerCase().padEnd(11),
      });
    }
  })();
  try {
    await engine.runner.run(analysisId, { retries: false });
    await watch;
  } finally {
    clearInterval(insurance);
    watching.abort();
    bar.stop();
    signal.removeEventListener('abort', cancel);
    await prisma.$transaction((tx) => removeJob(tx, analysisId));
  }
  const ended = await prisma.analysis.findUniqueOrThrow({ where: { id: analysisId } });
  if (ended.state === 'CANCELLED') throw new Failure('CANCELLED', 'The analysis was cancelled.');
  if (ended.state !== 'SUCCEEDED') {
    throw new Failure(
      (ended.errorCode ?? 'INTERNAL') as FailureCode,
      ended.errorMessage ?? 'The analysis did not end.',
    );
  }
}
