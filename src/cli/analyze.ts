import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { addJob, removeJob } from '../analysis/jobs.js';
import { newId } from '../catalog/id.js';
import { type Config, readConfig } from '../config.js';
import { type Engine, openEngine } from '../engine.js';
import { Failure, type FailureCode } from '../failure.js';
import { createLogger } from '../log.js';
import type { TrailerSource } from '../media/source.js';
import { decodeText } from '../media/text-encoding.js';
import { readReport } from './analysis-report.js';
import { formatReport } from './report.js';

const MAX_SUBTITLE_BYTES = 4 * 1024 * 1024;
/** Should this process die, a server on the same database finishes the analysis after this long. */
const INSURANCE_SECONDS = 3_600;

export interface AnalyzeFlags {
  subtitles?: string;
  title?: string;
  pack?: string;
  force?: boolean;
  json?: boolean;
}

/** `marquee analyze`: one analysis in this process, its result on standard output. */
export async function analyzeCommand(given: string, flags: AnalyzeFlags): Promise<void> {
  const { source, config } = await readSource(given, configOf(flags));
  const subtitles = flags.subtitles === undefined ? undefined : await readSubtitleFile(flags.subtitles);
  const engine = await openEngine(config, createLogger(config.logLevel));
  try {
    const titleId = await titleFor(engine, source, flags.title ?? nameOf(given));
    const request = {
      titleId,
      source,
      force: flags.force ?? false,
      ...(subtitles === undefined ? {} : { subtitles }),
    };
    const { analysis } = await engine.analyses.create(request, (tx, { id, priority }) =>
      addJob(tx, id, { priority, delaySeconds: INSURANCE_SECONDS }),
    );
    await runWithBar(engine, analysis.id);
    const report = await readReport(engine, analysis.id);
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
  } finally {
    await engine.close();
  }
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
  const { size } = await stat(file).catch(() => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no subtitle file ${file}. Check the path.`);
  });
  if (size > MAX_SUBTITLE_BYTES) {
    throw new Failure(
      'TOO_LARGE',
      `${file} is no subtitle file: it has ${size} bytes, and 4 MiB is the limit.`,
    );
  }
  return decodeText(await readFile(file));
}

function nameOf(given: string): string {
  const last = given.split(/[\\/]/).findLast((part) => part !== '') ?? given;
  return last.replace(/\.[a-z0-9]{2,5}$/i, '') || given;
}

/** The title that this source belonged to last time, else a new one. */
async function titleFor({ database }: Engine, source: TrailerSource, name: string): Promise<string> {
  const locator = source.kind === 'PATH' ? source.path : source.kind === 'URL' ? source.url : source.uploadId;
  const known = await database.prisma.trailer.findFirst({
    where: { sourceKind: source.kind, sourceLocator: locator },
    orderBy: { createdAt: 'desc' },
    select: { titleId: true },
  });
  if (known) return known.titleId;
  const id = newId('title');
  await database.prisma.title.create({ data: { id, name, genres: [] } });
  return id;
}

/** Runs the analysis while its events move a progress bar on standard error. @throws its Failure */
async function runWithBar(engine: Engine, analysisId: string): Promise<void> {
  const bar = new SingleBar({
    format: '{stage} [{bar}] {percentage} %',
    stream: process.stderr,
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  const watching = new AbortController();
  const cancel = () => void engine.analyses.cancel(analysisId).catch(() => undefined);
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
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
    watching.abort();
    bar.stop();
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
    await engine.database.prisma.$transaction((tx) => removeJob(tx, analysisId));
  }
  const ended = await engine.database.prisma.analysis.findUniqueOrThrow({ where: { id: analysisId } });
  if (ended.state === 'CANCELLED') throw new Failure('CANCELLED', 'The analysis was cancelled.');
  if (ended.state !== 'SUCCEEDED') {
    throw new Failure(
      (ended.errorCode ?? 'INTERNAL') as FailureCode,
      ended.errorMessage ?? 'The analysis did not end.',
    );
  }
}
