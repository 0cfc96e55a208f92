import { createLoaders } from '../catalog/loaders.js';
import type { Engine } from '../engine.js';
import type { Evidence, SignalQuality, TagState } from '../tagging/tag.js';
import type { AnalysisReport, ReportedTag } from './report.js';

const GROUPS = ['GENRE', 'MOOD', 'THEME'];
const STATES: readonly TagState[] = ['ACCEPTED', 'SUGGESTED', 'BELOW_THRESHOLD', 'ABSTAINED'];

/** Reads the result of a finished analysis from the database; accepted tags first, then by probability. */
export async function readReport({ database, pack }: Engine, analysisId: string): Promise<AnalysisReport> {
  const analysis = await database.prisma.analysis.findUniqueOrThrow({
    where: { id: analysisId },
    include: {
      stages: true,
      trailer: { include: { title: true } },
      prediction: { include: { classifier: true } },
    },
  });
  const { prediction, trailer } = analysis;
  if (!prediction) throw new Error(`analysis ${analysisId} succeeded without a prediction`);
  const stored = await createLoaders(database.prisma).tags.load(prediction.id);
  const tags = stored.map(({ label, probability, threshold, state, weight, evidence }) => ({
    id: label.id,
    label: label.name,
    group: label.group,
    probability,
    threshold,
    state,
    weight,
    evidence: ((evidence ?? []) as unknown as Evidence[]).map(
      ({ startSeconds, endSeconds, signal, contribution, line }) => ({
        startSeconds,
        endSeconds,
        signal,
        contribution,
        line,
      }),
    ),
  }));
  return {
    title: trailer.title.name,
    durationSeconds: trailer.durationSeconds ?? 0,
    pack: pack.id,
    classifier: prediction.classifier.fingerprint,
    signalQuality: prediction.quality as unknown as SignalQuality,
    tags: inOrder(tags),
    timings: timingsOf(analysis),
  };
}

/** By group, the accepted tags first, then by probability. */
export function inOrder(tags: readonly ReportedTag[]): ReportedTag[] {
  return tags.toSorted(
    (a, b) =>
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      b.probability - a.probability ||
      a.id.localeCompare(b.id),
  );
}

function timingsOf(analysis: {
  startedAt: Date | null;
  finishedAt: Date | null;
  stages: { stage: string; startedAt: Date; finishedAt: Date | null }[];
}): Record<string, number> {
  const seconds = (from: Date | null, to: Date | null) =>
    from && to ? (to.getTime() - from.getTime()) / 1000 : 0;
  const stages = analysis.stages
    .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    .map(({ stage, startedAt, finishedAt }) => [stage, seconds(startedAt, finishedAt)] as const);
  return { ...Object.fromEntries(stages), total: seconds(analysis.startedAt, analysis.finishedAt) };
}
