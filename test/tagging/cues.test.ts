import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CLIP, timeWeights, weightedMean } from '../../src/signals/features.js';
import { SHOT_FEATURES } from '../../src/signals/picture-features.js';
import type { Moment, SignalEmbedding } from '../../src/signals/signal.js';
import { STRETCH_FEATURES } from '../../src/signals/sound-features.js';
import { type Cues, cueLogits, readCues } from '../../src/tagging/cues.js';
import { readTaxonomy } from '../../src/tagging/taxonomy.js';

const labels = (await readTaxonomy('models/taxonomy.json')).groups.flatMap((group) =>
  group.labels.map(({ id }) => id),
);
const cues = await readCues('models/cues.json', labels);
const SHOT_NAMES = Object.keys(SHOT_FEATURES);
const STRETCH_NAMES = Object.keys(STRETCH_FEATURES);

/** An embedding with a moment for each [seconds, { feature: deviations }]. */
function embedding(
  signal: 'PICTURE' | 'SOUND',
  parts: readonly [number, Record<string, number>][],
): SignalEmbedding {
  const names = signal === 'PICTURE' ? SHOT_NAMES : STRETCH_NAMES;
  let start = 0;
  const moments = parts.map(([seconds, values]): Moment => {
    const moment = {
      startSeconds: start,
      endSeconds: start + seconds,
      vector: Float32Array.from(names, (name) => values[name] ?? 0),
      line: null,
      shotIndex: null,
    };
    start += seconds;
    return moment;
  });
  const vector = weightedMean(
    moments.map((moment) => moment.vector),
    timeWeights(moments),
  );
  return { signal, model: 'test', vector, moments, measures: {}, missingReason: null };
}

function logitOf(label: string, embeddings: SignalEmbedding[]): number {
  return cueLogits(embeddings, [label], cues)[0]!.logit;
}

describe('the shipped cues', () => {
  const dark = embedding('PICTURE', [[10, { light: -1.5, darkShare: 1.5 }]]);
  const bright = embedding('PICTURE', [[10, { light: 1.5, saturation: 1, darkShare: -1.5 }]]);
  const fast = embedding('PICTURE', [[10, { cutRate: 1.5, motion: 1.5, change: 1.5 }]]);
  const slow = embedding('PICTURE', [[10, { cutRate: -1.5, motion: -1.5, change: -1.5 }]]);
  const loud = embedding('SOUND', [[10, { loudness: 1 }]]);

  it.each([
    ['mood/dark', dark, bright],
    ['mood/light', bright, dark],
    ['mood/intense', fast, slow],
    ['mood/melancholic', slow, fast],
    ['genre/action', fast, slow],
    ['genre/drama', slow, fast],
    ['genre/horror', dark, bright],
    ['genre/comedy', bright, dark],
  ])('speak for %s in one picture and against it in its opposite', (label, pro, contra) => {
    expect(logitOf(label, [pro])).toBeGreaterThan(0.2);
    expect(logitOf(label, [contra])).toBeLessThan(-0.2);
  });

  it('hear loudness as intense beside what the picture says', () => {
    expect(logitOf('mood/intense', [fast, loud])).toBeGreaterThan(logitOf('mood/intense', [fast]));
  });

  it('have nothing to say of any theme', () => {
    const themes = labels.filter((label) => label.startsWith('theme/'));
    expect(
      cueLogits([dark, loud], themes, cues).every(({ contributions }) => contributions.length === 0),
    ).toBe(true);
  });
});

describe('cueLogits', () => {
  const values = (names: string[]) =>
    fc.record(
      Object.fromEntries(names.map((name) => [name, fc.double({ min: -CLIP, max: CLIP, noNaN: true })])),
    );
  const parts = (names: string[]) =>
    fc.array(fc.tuple(fc.double({ min: 0.1, max: 20, noNaN: true }), values(names)), {
      minLength: 1,
      maxLength: 6,
    });

  it('is the linear function of the whole vectors, exactly split over the moments, and bounded', () => {
    fc.assert(
      fc.property(parts(SHOT_NAMES), parts(STRETCH_NAMES), (shots, stretches) => {
        const both = [embedding('PICTURE', shots), embedding('SOUND', stretches)];
        for (const { label, logit, contributions } of cueLogits(both, labels, cues)) {
          const direct = cues.cues
            .filter((cue) => cue.label === label)
            .map(({ signal, feature, weight }) =>
              signal === 'PICTURE'
                ? weight * both[0]!.vector![SHOT_NAMES.indexOf(feature)]!
                : weight * both[1]!.vector![STRETCH_NAMES.indexOf(feature)]!,
            )
            .reduce((sum, value) => sum + value, 0);
          expect(logit).toBeCloseTo(direct, 5);
          expect(contributions.reduce((sum, part) => sum + part.logit, 0)).toBeCloseTo(logit, 10);
          expect(Math.abs(logit)).toBeLessThanOrEqual(cues.bound + 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('names the moment that carried a label', () => {
    const picture = embedding('PICTURE', [
      [2, { light: 2 }],
      [2, { light: -3, darkShare: 3 }],
    ]);
    const [dark] = cueLogits([picture], ['mood/dark'], cues);
    const strongest = dark!.contributions.reduce((best, part) => (part.logit > best.logit ? part : best));
    expect(strongest).toMatchObject({ signal: 'PICTURE', moment: 1 });
  });

  it('adds nothing for a missing signal', () => {
    const missing: SignalEmbedding = {
      signal: 'PICTURE',
      model: 'test',
      vector: null,
      moments: [],
      measures: {},
      missingReason: 'none',
    };
    expect(cueLogits([missing], ['mood/dark'], cues)).toEqual([
      { label: 'mood/dark', logit: 0, contributions: [] },
    ]);
  });
});

describe('readCues', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-cues-'));
  afterAll(() => rm(folder, { recursive: true }));
  const cue = {
    label: 'mood/dark',
    signal: 'PICTURE',
    feature: 'light',
    weight: -0.1,
    because: 'why',
  } as const;
  const read = async (part: Partial<Cues>) => {
    const file = path.join(folder, 'cues.json');
    await writeFile(
      file,
      JSON.stringify({ version: 1, bound: 2, reasons: { why: 'so' }, cues: [cue], ...part }),
    );
    return readCues(file, labels);
  };

  it.each<[string, Partial<Cues>, RegExp]>([
    ['an unknown label', { cues: [{ ...cue, label: 'mood/none' }] }, /no label mood\/none/],
    [
      'a feature that moments do not carry',
      { cues: [{ ...cue, feature: 'paceRise' }] },
      /no feature paceRise/,
    ],
    ['a direction without its source', { cues: [{ ...cue, because: 'hunch' }] }, /no reason hunch/],
    ['cues that together can pass the bound', { cues: [cue, { ...cue, weight: 0.6 }] }, /the bound is 2/],
  ])('refuses %s', async (_, part, message) => {
    await expect(read(part)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('accepts a file that is in order', async () => {
    expect((await read({})).cues).toHaveLength(1);
  });
});
