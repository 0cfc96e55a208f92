// npm run bench -- retag [--json] [--titles 100000]: how long the catalog takes to follow another classifier, over the
// embedded PostgreSQL or DATABASE_URL's server. The classifier is trained here, on what the shipped one says.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../src/config.js';
import { type Engine, openEngine } from '../src/engine.js';
import { readManifest } from '../src/inference/packs.js';
import { createLogger } from '../src/log.js';
import { uploadRows } from '../test/analysis/learning-rows.js';
import { readWords } from './discovery/catalog.js';
import { type AnalysedText, analyseTexts, writeAnalysedCatalog } from './retag/analysed-catalog.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const packFolder = path.join(root, 'models', 'compact');
const SEED = 20_261_122;
const TEXTS = 1_000;

interface Measured {
  classifier: string;
  predictions: number;
  seconds: number;
  perSecond: number;
  /** Milliseconds; sampled every millisecond, which is in the figures. */
  eventLoopDelay: { p50: number; p99: number; max: number };
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const titles = Number(args[args.indexOf('--titles') + 1]) || 100_000;
  // Vectors of another text model would be passed over.
  const [, version = ''] = (await readManifest(packFolder)).models.TEXT.split('@');
  const dataFolder = path.join(root, '.marquee', 'bench', `retag-${titles}-${version}`);
  await mkdir(dataFolder, { recursive: true });
  const config = readConfig({
    ...process.env,
    MARQUEE_DATA: dataFolder,
    LOG_LEVEL: 'error',
    MARQUEE_PACK: 'compact',
  });
  const engine = await openEngine(config, createLogger('error'));
  try {
    const { prisma } = engine.database;
    const shipped = await prisma.classifier.findUniqueOrThrow({
      where: { fingerprint: engine.pack.classifier },
    });
    const texts = await analyseTexts(packFolder, await readWords(packFolder), TEXTS, SEED);
    await fill(engine, texts, titles, shipped.id);
    const trained = await train(engine, texts);
    const measured = [
      await measure(engine, trained, 'trained'),
      await measure(engine, shipped.id, 'shipped'),
    ];
    if (json) process.stdout.write(`${JSON.stringify({ titles, measured }, null, 2)}\n`);
    else for (const one of measured) process.stdout.write(`${lineOf(one)}\n`);
  } finally {
    await engine.close();
  }
}

async function fill(
  engine: Engine,
  texts: AnalysedText[],
  titles: number,
  classifierId: string,
): Promise<void> {
  if ((await engine.database.prisma.title.count()) > 0) return;
  const client = await engine.database.pool.connect();
  try {
    await writeAnalysedCatalog(client, texts, titles, classifierId);
  } finally {
    client.release(true);
  }
}

/** @returns the classifier's id */
async function train(engine: Engine, texts: readonly AnalysedText[]): Promise<string> {
  const rows = texts.map(({ lines, tagging }, i) => {
    const accepted = tagging.tags.filter(({ state }) => state === 'ACCEPTED').map(({ label }) => label);
    const ofGroup = (group: string) => accepted.filter((label) => label.startsWith(`${group}/`));
    const labels = { genre: ofGroup('genre'), mood: ofGroup('mood'), theme: ofGroup('theme') };
    return { id: `text-${i}`, transcript: lines, labels };
  });
  const uploadId = await uploadRows(engine.database.prisma, engine.config, rows);
  const { training } = await engine.learning.trainings.request(
    {
      ...{ name: 'Benchmark', source: { kind: 'UPLOAD', uploadId }, head: 'linear', groups: [], seed: 1 },
      aim: { kind: 'best-f1' },
    },
    { requestedBy: 'benchmark' },
  );
  await engine.learner.run(training.id);
  const { classifierId, errorMessage } = await engine.database.prisma.learningRun.findUniqueOrThrow({
    where: { id: training.id },
  });
  if (classifierId === null) throw new Error(errorMessage ?? 'the training came to no end');
  return classifierId;
}

async function measure(engine: Engine, classifierId: string, classifier: string): Promise<Measured> {
  const { retagging } = await engine.learning.activations.activate(classifierId, 'benchmark');
  const { prisma } = engine.database;
  const predictions = await prisma.prediction.count({ where: { classifierId: { not: classifierId } } });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedAt = performance.now();
  await engine.learner.run(retagging.id);
  const seconds = (performance.now() - startedAt) / 1000;
  delays.disable();
  const last = await prisma.learningEvent.findFirstOrThrow({
    where: { runId: retagging.id },
    orderBy: { number: 'desc' },
  });
  if (last.state !== 'SUCCEEDED') throw new Error(last.message ?? 'the re-tagging came to no end');
  const milliseconds = (nanoseconds: number) => nanoseconds / 1e6;
  return {
    ...{ classifier, predictions, seconds, perSecond: predictions / seconds },
    eventLoopDelay: {
      p50: milliseconds(delays.percentile(50)),
      p99: milliseconds(delays.percentile(99)),
      max: milliseconds(delays.max),
    },
  };
}

function lineOf({ classifier, predictions, seconds, perSecond, eventLoopDelay }: Measured): string {
  const { p50, p99, max } = eventLoopDelay;
  const delay = [p50, p99, max].map((ms) => ms.toFixed(1)).join(' / ');
  return `${predictions} predictions by the ${classifier} classifier: ${seconds.toFixed(1)} s, ${perSecond.toFixed(0)} a second; event loop p50 / p99 / max ${delay} ms`;
}
