import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHOT_FEATURES } from '../../src/signals/picture-features.js';
import type { Moment, SignalEmbedding } from '../../src/signals/signal.js';
import { tagEmbeddings } from '../../src/tagging/compact-tagger.js';
import type { Cues } from '../../src/tagging/cues.js';
import { fuse } from '../../src/tagging/fusion.js';
import type { Head } from '../../src/tagging/head.js';
import type { Tag } from '../../src/tagging/tag.js';
import { lengthUnit } from '../../src/tagging/text-lengths.js';
import { stateOf, weigh } from '../../src/tagging/verdict.js';

const DENSE = 2;
const head: Head = {
  length: { mean: 2, deviation: 1, least: 1, most: 6 },
  labels: [
    {
      id: 'mood/dark',
      prior: -1,
      threshold: 0.5,
      calibration: [1.5, 0.1, 0.2, -0.3],
      bias: -0.4,
      weights: [2, -1],
    },
    { id: 'theme/quest', prior: -2, threshold: 0.4, calibration: [1, 0, 0, 0], bias: 0, weights: [0, 3] },
  ],
};
const light = Object.keys(SHOT_FEATURES).indexOf('light');
const cues: Cues = {
  version: 1,
  bound: 2,
  reasons: { low: 'Low light.' },
  cues: [{ label: 'mood/dark', signal: 'PICTURE', feature: 'light', weight: -0.4, because: 'low' }],
};

const moment = (startSeconds: number, vector: number[], line: string | null): Moment => ({
  startSeconds,
  endSeconds: startSeconds + 1,
  vector: Float32Array.from(vector),
  line,
  shotIndex: line === null ? startSeconds : null,
});

/** Lines given by their scores; the document's scores are the sum. */
function text(scores: readonly (readonly [number, number])[]): SignalEmbedding {
  const sum = [0, 1].map((j) => scores.reduce((total, line) => total + line[j]!, 0));
  return {
    signal: 'TEXT',
    model: 'text@1',
    vector: Float32Array.of(1, 0, ...sum),
    moments: scores.map((line, i) => moment(i, [0, 1, ...line], `line ${i}`)),
    measures: { lines: scores.length, words: 20, knownShare: 1 },
    missingReason: null,
  };
}

/** Shots of one second, each with the given deviation of light. */
function picture(deviations: readonly number[]): SignalEmbedding {
  const shots = deviations.map((value, i) => {
    const vector = new Array<number>(Object.keys(SHOT_FEATURES).length).fill(0);
    vector[light] = value;
    return moment(i, vector, null);
  });
  return { ...missing('PICTURE'), vector: Float32Array.of(1, 1), moments: shots, missingReason: null };
}

function missing(signal: SignalEmbedding['signal']): SignalEmbedding {
  return {
    signal,
    model: 'none@0',
    vector: null,
    moments: [],
    measures: {},
    missingReason: `There is no ${signal}.`,
  };
}

const logit = (p: number) => Math.log(p / (1 - p));
const tagOf = (embeddings: SignalEmbedding[], id: string) =>
  tagEmbeddings(embeddings, { head, cues, dense: DENSE }).tags.find(({ label }) => label === id)!;

test('what each line and shot adds is exact: leaving one out lowers the logit by its contribution', () => {
  const number = fc.double({ min: 0.05, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, fc.constant(0)), { minLength: 2, maxLength: 5 }), (scores) => {
      const pictures = picture([-3, -2]);
      const full = tagOf([text(scores as [number, number][]), pictures], 'mood/dark');
      const first = full.evidence.find(({ line }) => line === 'line 0');
      const without = tagOf(
        [text([[0, 0], ...(scores.slice(1) as [number, number][])]), pictures],
        'mood/dark',
      );
      if (first) {
        expect(logit(full.probability) - logit(without.probability)).toBeCloseTo(first.contribution, 3);
      }
    }),
  );
});

test('evidence names the moments that spoke for a tag, strongest first', () => {
  const { evidence } = tagOf(
    [
      text([
        [0.1, 0],
        [1, 0],
        [-1, 0],
      ]),
      picture([-3, 0]),
    ],
    'mood/dark',
  );
  expect(evidence.map(({ signal, line, shotIndex }) => line ?? `${signal} ${shotIndex}`)).toEqual([
    'line 1',
    'PICTURE 0',
    'line 0',
  ]);
});

test('the shares of the signals sum to 1 and leave out those that did not speak', () => {
  const { shares } = tagOf([text([[1, 0]]), picture([-3]), missing('SOUND')], 'mood/dark');
  expect(Object.keys(shares)).toEqual(['TEXT', 'PICTURE']);
  expect(shares.TEXT! + shares.PICTURE!).toBeCloseTo(1, 9);
  expect(shares.TEXT).toBeGreaterThan(shares.PICTURE!);
});

test('without words a label that picture can hint at is answered, every other one abstains and the notes say why', () => {
  const { tags, quality } = tagEmbeddings([missing('TEXT'), picture([-3, -3]), missing('SOUND')], {
    head,
    cues,
    dense: DENSE,
  });
  expect(tags.map(({ label, state }) => [label, state])).toEqual([
    ['mood/dark', 'ACCEPTED'],
    ['theme/quest', 'ABSTAINED'],
  ]);
  expect(quality.notes).toEqual(
    expect.arrayContaining(['There is no TEXT.', expect.stringContaining('abstain')]),
  );
  expect(tags[1]).toMatchObject({ evidence: [], shares: {}, weight: null });
});

test('without words a cue too weak to carry an answer leaves the label abstained, a cue against it answers no', () => {
  const state = (deviation: number) =>
    tagOf([missing('TEXT'), picture([deviation]), missing('SOUND')], 'mood/dark').state;
  expect([state(-0.5), state(-3), state(3)]).toEqual(['ABSTAINED', 'ACCEPTED', 'BELOW_THRESHOLD']);
});

test('two words are too few to answer from', () => {
  const short = { ...text([[1, 5]]), measures: { lines: 1, words: 2, knownShare: 1 } };
  expect(tagOf([short], 'theme/quest').state).toBe('ABSTAINED');
});

test('a text longer than all training texts is calibrated as the longest of them', () => {
  expect(lengthUnit(1e6, head.length)).toBe(4);
  expect(lengthUnit(0, head.length)).toBe(-1);
});

test('in each group at most one tag is PRIMARY, the strongest; only accepted tags have a weight', () => {
  const tag = (label: string, probability: number, threshold = 0.5): Tag => ({
    label,
    probability,
    threshold,
    state: stateOf(probability, threshold),
    weight: null,
    evidence: [],
    shares: {},
  });
  const weights = weigh([
    tag('mood/dark', 0.9),
    tag('mood/light', 0.9),
    tag('mood/eerie', 0.55),
    tag('mood/gritty', 0.4),
    tag('mood/surreal', 0.1),
    tag('theme/quest', 0.5),
  ]).map(({ weight, state }) => [weight, state]);
  expect(weights).toEqual([
    ['PRIMARY', 'ACCEPTED'],
    ['MAJOR', 'ACCEPTED'],
    ['SIGNIFICANT', 'ACCEPTED'],
    [null, 'SUGGESTED'],
    [null, 'BELOW_THRESHOLD'],
    ['PRIMARY', 'ACCEPTED'],
  ]);
});

test('the fused vector has length 1, keeps the cosine of the signals and marks a missing one by zeros', () => {
  const layout = { TEXT: 2, PICTURE: 2, SOUND: 3 };
  const both = fuse([text([[1, 2]]), picture([1])], layout);
  expect(Math.hypot(...both)).toBeCloseTo(1, 6);
  expect([...both.subarray(4)]).toEqual([0, 0, 0]);
  const words = fuse([text([[1, 2]])], layout);
  expect([...words]).toEqual([1, 0, 0, 0, 0, 0, 0]);
  const cosine = both.reduce((sum, value, i) => sum + value * words[i]!, 0);
  expect(cosine).toBeCloseTo(0.8 / Math.hypot(0.8, 0.5), 6);
});
