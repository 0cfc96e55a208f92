import { createHash } from 'node:crypto';
import type { StageName } from '../generated/prisma/enums.js';

/** The stages in their order, each with its usual share of an analysis' time (they sum to 1). */
export const STAGES = [
  { name: 'FETCH', share: 0.1 },
  { name: 'PROBE', share: 0.02 },
  { name: 'DECODE', share: 0.6 },
  { name: 'TRANSCRIBE', share: 0.03 },
  { name: 'EMBED', share: 0.15 },
  { name: 'TAG', share: 0.05 },
  { name: 'PUBLISH', share: 0.05 },
] as const satisfies readonly { name: StageName; share: number }[];

/** @returns share of the whole analysis that is done when `within` (0 … 1) of `stage` is done */
export function overallProgress(stage: StageName, within: number): number {
  let before = 0;
  for (const { name, share } of STAGES) {
    if (name === stage) return Math.min(1, before + share * Math.min(1, Math.max(0, within)));
    before += share;
  }
  return 1;
}

/**
 * The version of a stage's result: the stage's own number and a digest of everything else that the result
 * depends on (model versions, earlier stages' versions, limits).
 */
export function stageVersion(stage: StageName, number: string, ...dependencies: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(dependencies)).digest('hex').slice(0, 16);
  return `${stage.toLowerCase()}-${number}:${digest}`;
}
