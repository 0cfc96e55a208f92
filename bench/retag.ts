// npm run bench -- retag [--json] [--titles 100000]: how long the catalog takes to follow another classifier, over the
// embedded PostgreSQL or DATABASE_URL's server. The classifier is trained here, on what the shipped one says.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Engine } from '../src/engine.js';
import { uploadRows } from '../test/analysis/learning-rows.js';
import type { AnalysedText } from './retag/analysed-catalog.js';
import { openFilledCatalog } from './retag/filled-catalog.js';

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
  const { engine, texts, shipped } = await openFilledCatalog(titles);
  try {
    const trained = await train(engine, texts);
    const measured = [await measure(engine, trained, 'trained'), await measure(engine, shipped, 'shipped')];
    if (json) process.stdout.write(`${JSON.stringify({ titles, measured }, null, 2)}\n`);
    else for (const one of measured) process.stdout.write(`${lineOf(one)}\n`);
  } finally {
    await engine.close();
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
