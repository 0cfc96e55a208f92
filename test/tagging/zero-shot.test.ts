import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SignalEmbedding } from '../../src/signals/signal.js';
import {
  classEvidence,
  evidenceOf,
  type WordedLabel,
  zeroShotAnswer,
  zeroShotHead,
} from '../../src/tagging/zero-shot.js';
import { tagByDescription } from '../../src/tagging/zero-shot-tagger.js';

const unit = (...values: number[]) => {
  const length = Math.hypot(...values) || 1;
  return Float32Array.from(values, (value) => value / length);
};
/** Three topics along three axes, worded three times each, all with a common part along the fourth. */
const topic = (axis: number) =>
  [0.2, 0.1, -0.15].map((slip, i) => {
    const values = [0, 0, 0, 1];
    values[axis] = 1;
    values[(axis + 1 + (i % 2)) % 3] = slip;
    return unit(...values);
  });
const labels: WordedLabel[] = ['theme/revenge', 'theme/family', 'mood/dark'].map((id, axis) => ({
  id,
  prior: -1,
  wordings: topic(axis),
}));
const head = zeroShotHead(labels);
const revenge = head.labels[0]!;

/** A transcript whose whole is the mean of its lines. */
function transcript(lines: readonly Float32Array[]): SignalEmbedding {
  const sum = lines[0]!.map((_, k) => lines.reduce((total, line) => total + line[k]!, 0));
  return {
    signal: 'TEXT',
    model: 'sentences@1',
    vector: unit(...sum),
    moments: lines.map((vector, i) => ({
      startSeconds: i,
      endSeconds: i + 1,
      vector,
      line: `line ${i}`,
      shotIndex: null,
    })),
    measures: { lines: lines.length, words: 12, knownShare: 1 },
    missingReason: null,
  };
}
const noCues = { version: 1 as const, bound: 2, reasons: {}, cues: [] };
const tagsOf = (embeddings: SignalEmbedding[]) => tagByDescription(embeddings, head, noCues).tags;

test('what a trailer speaks of is likelier than before, what it does not speak of less likely', () => {
  const [first, second, third] = tagsOf([transcript([unit(1, 0, 0, 1), unit(0.9, 0.1, 0, 1)])]);
  const before = 1 / (1 + Math.exp(1));
  expect(first!.probability).toBeGreaterThan(0.5);
  expect(first).toMatchObject({ label: 'theme/revenge', state: 'ACCEPTED' });
  expect(second!.probability).toBeLessThan(before);
  expect(third!.probability).toBeLessThan(before);
});

test('the line that speaks of a label is its strongest evidence', () => {
  const lines = [unit(0, 1, 0, 1), unit(0, 0, 1, 1), unit(1, 0, 0, 1)];
  const { parts } = zeroShotAnswer(revenge, transcript(lines), head.similarity);
  const strongest = parts.reduce((best, part) => (part.contribution > best.contribution ? part : best));
  expect(strongest).toMatchObject({ line: 'line 2', startSeconds: 2 });
});

test('the lines’ parts sum to what the words say, which is bounded', () => {
  const vector = fc
    .tuple(...[0, 1, 2, 3].map(() => fc.double({ min: -1, max: 1, noNaN: true })))
    .filter((values) => Math.hypot(...values) > 0.1)
    .map((values) => unit(...values));
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 8 }), (lines) => {
      const { logit, parts } = zeroShotAnswer(revenge, transcript(lines), head.similarity);
      const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
      expect(sum).toBeCloseTo(logit - revenge.prior, 6);
      expect(Math.abs(logit - revenge.prior)).toBeLessThanOrEqual(3 + 1e-9);
    }),
    { seed: 7, examples: [[[unit(0, -1, 0, 0), unit(0, 1, 0, 0)]]] },
  );
});

test('what all descriptions have in common counts for no label', () => {
  for (const { direction } of head.labels) expect(direction[3]!).toBeCloseTo(0, 1);
});

test('similarity is worth what held-out wordings show: nothing where they cannot be told apart', () => {
  expect(head.similarity.ofLabel).toBeGreaterThan(head.similarity.ofOthers);
  const { ofLabel, ofOthers } = head.similarity;
  expect(evidenceOf((ofLabel + ofOthers) / 2, head.similarity)).toBeCloseTo(0, 9);
  expect(evidenceOf(ofLabel, head.similarity)).toBeGreaterThan(0);
  const alike = zeroShotHead(labels.map((label) => ({ ...label, wordings: labels[0]!.wordings })));
  expect(evidenceOf(0.9, alike.similarity)).toBe(0);
});

test('a trailer without words abstains from every label that no cue speaks to', () => {
  const silent = { ...transcript([unit(1, 0, 0, 1)]), vector: null, moments: [] };
  expect(tagsOf([silent]).map(({ state }) => state)).toEqual(['ABSTAINED', 'ABSTAINED', 'ABSTAINED']);
});

test('a clip whose class sounds like a label is weak evidence for it, with its time; others are against nothing', () => {
  const named = zeroShotHead(labels, new Map([['sword fighting', unit(1, 0, 0, 1)]]));
  const clips = (...lines: (string | null)[]): SignalEmbedding => ({
    ...transcript(lines.map(() => unit(0, 0, 1, 0))),
    signal: 'PICTURE',
    moments: lines.map((line, i) => ({
      ...{ startSeconds: 32 + i, endSeconds: 34 + i, vector: unit(0, 0, 1, 0), line, shotIndex: i },
    })),
  });
  const [first, second] = tagByDescription([], named, noCues, clips('sword fighting', null)).tags;
  const before = 1 / (1 + Math.exp(1));
  expect(first!.probability).toBeGreaterThan(before);
  expect(first!.probability).toBeLessThanOrEqual(0.5 + 1e-9);
  expect(second!.probability).toBeCloseTo(before, 9);
  const [evidence] = classEvidence(named.labels[0]!, clips('sword fighting'), named);
  expect(evidence).toMatchObject({ signal: 'PICTURE', line: 'sword fighting', startSeconds: 32 });
  const many = classEvidence(named.labels[0]!, clips(...new Array(40).fill('sword fighting')), named);
  expect(many.reduce((sum, { contribution }) => sum + contribution, 0)).toBeLessThanOrEqual(1 + 1e-9);
});
