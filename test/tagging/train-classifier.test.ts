import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { openOnnx } from '../../src/inference/onnx-session.js';
import type { SignalEmbedding } from '../../src/signals/signal.js';
import { answersTo } from '../../src/tagging/classifier.js';
import { readClassifier } from '../../src/tagging/classifier-file.js';
import { randomStream } from '../../src/tagging/random.js';
import { textLogits } from '../../src/tagging/text-part/text-part.js';
import { type TrainingOptions, trainClassifier } from '../../src/tagging/train-classifier.js';
import { tagByClassifier } from '../../src/tagging/trained-tagger.js';
import type { TrainingRow } from '../../src/tagging/training-row.js';
import { inputsOf, writeInputs } from '../../src/tagging/vector-head.js';

const KINDS = [
  { genre: 'Horror', words: ['ghost', 'corpse', 'scream', 'grave'] },
  { genre: 'Romance', words: ['wedding', 'kiss', 'letter', 'rose'] },
  { genre: 'Western', words: ['sheriff', 'saloon', 'cattle', 'outlaw'] },
];

/** Films of three kinds with words of their own, and pictures whose first number is high in horror. */
function films(count: number, withPictures: (i: number) => boolean): TrainingRow[] {
  const random = randomStream(1);
  const letters = 'abcdefghijklmnopqrst';
  const filler = () => `filler${letters[Math.floor(random() * 20)]}${letters[Math.floor(random() * 10)]}`;
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[i % 3]!;
    const own = () => kind.words[Math.floor(random() * kind.words.length)];
    const line = () => Array.from({ length: 10 }, (_, k) => (k % 5 === 0 ? own() : filler())).join(' ');
    const picture = Float32Array.from({ length: 3 }, (_, k) => random() + (k === 0 && i % 3 === 0 ? 1.5 : 0));
    return {
      ...{ id: `film${i}`, title: `Film ${i}`, media: null, soft: {} },
      lines: [line(), line(), line()],
      register: 'SYNOPSIS',
      labels: { genre: [kind.genre] },
      vectors: withPictures(i) ? { PICTURE: picture } : {},
    };
  });
}

const options: TrainingOptions = {
  head: 'linear',
  seed: 7,
  aim: { kind: 'best-f1' },
  models: { PICTURE: 'eye@1' },
};
const train = (rows: TrainingRow[], changed: Partial<TrainingOptions> = {}) =>
  trainClassifier(rows, { ...options, ...changed }, () => {}, new AbortController().signal);

function trailer(lines: string[], picture?: number[]): SignalEmbedding[] {
  const moments = lines.map((line, i) => ({
    ...{ startSeconds: i, endSeconds: i + 1, vector: new Float32Array(1), line, shotIndex: null },
  }));
  const words = lines.join(' ').split(' ').length;
  const missingReason = null;
  const text = {
    signal: 'TEXT' as const,
    model: 'ear@1',
    moments,
    measures: { words, knownShare: 1 },
    missingReason,
  };
  const seen = Float32Array.from(picture ?? []);
  const shot = { startSeconds: 0, endSeconds: 9, vector: seen, line: null, shotIndex: 0 };
  return [
    {
      ...text,
      vector: lines.length > 0 ? new Float32Array(1) : null,
      measures: lines.length > 0 ? text.measures : {},
    },
    {
      ...{ signal: 'PICTURE', model: 'eye@1', measures: {}, missingReason },
      ...(picture ? { vector: seen, moments: [shot] } : { vector: null, moments: [] }),
    },
  ];
}

test('the same rows and seed give the same bytes, in any order of the rows, and the file tells where it is from', async () => {
  const rows = films(90, () => true);
  const first = await train(rows);
  const second = await train(rows.toReversed());
  expect(second.bytes.equals(first.bytes)).toBe(true);
  const { origin, classifier } = readClassifier(first.bytes);
  expect(origin).toMatchObject({ dataFingerprint: first.fingerprint, rows: 90, seed: 7 });
  expect(origin.learnedFrom.size).toBe(90);
  expect(new Set(classifier.labels.map(({ leastWords }) => leastWords)), 'pictures speak too').toEqual(
    new Set([3]),
  );
  expect(classifier.labels.map(({ id }) => id)).toEqual(['genre/horror', 'genre/romance', 'genre/western']);
}, 60_000);

test('one head serves trailers with words, with pictures, with both and with neither', async () => {
  const { bytes } = await train(films(150, (i) => i % 2 === 0));
  const { classifier } = readClassifier(bytes);
  const horror = (lines: string[], picture?: number[]) =>
    tagByClassifier(classifier, trailer(lines, picture)).find(({ label }) => label === 'genre/horror')!;
  const spoken = 'a ghost and a scream from the grave';
  const dark = [2, 0.5, 0.5];
  const light = [0.3, 0.5, 0.5];
  expect(horror([spoken]).probability).toBeGreaterThan(0.5);
  expect(horror(['a kiss after the wedding and a rose']).probability).toBeLessThan(0.3);
  expect(horror([], dark).probability).toBeGreaterThan(horror([], light).probability + 0.2);
  expect(horror([spoken], dark).probability).toBeGreaterThan(horror([spoken], light).probability);
  expect(horror([])).toMatchObject({ state: 'ABSTAINED', evidence: [] });
}, 60_000);

test('with fewer words than a label has learned to need it abstains, unless there is a picture', async () => {
  const { bytes } = await train(films(150, (i) => i % 2 === 0));
  const { classifier } = readClassifier(bytes);
  const labels = classifier.labels.map((label) => ({
    ...label,
    leastWords: label.id === 'genre/horror' ? 7 : 6,
  }));
  const horror = (lines: string[], picture?: number[]) =>
    tagByClassifier({ ...classifier, labels }, trailer(lines, picture))[0]!;
  const six = 'ghost corpse scream grave ghost corpse';
  expect(horror([six])).toMatchObject({ label: 'genre/horror', state: 'ABSTAINED', weight: null });
  expect(horror([`${six} scream`]).state).toBe('ACCEPTED');
  expect(horror([six], [2, 0.5, 0.5]).state).toBe('ACCEPTED');
  expect(tagByClassifier({ ...classifier, labels }, trailer([six]))[1]!.state).not.toBe('ABSTAINED');
}, 60_000);

test.each(['linear', 'hidden'] as const)(
  'the file of a %s head runs by itself and says what the tagger says',
  async (head) => {
    const rows = films(60, () => true);
    const { bytes } = await train(rows, { head });
    const { classifier } = readClassifier(bytes);
    const session = await openOnnx(new Uint8Array(bytes));
    const layout = classifier.vectors!.layout;
    const x = new Float32Array(inputsOf(layout));
    writeInputs(layout, { vectors: rows[0]!.vectors, hasWords: true }, x);
    const words = textLogits(classifier.text!, classifier.text!.reader.read(rows[0]!.lines).row);
    const { logits } = await session.run({
      words: new Tensor('float32', words, [1, 3]),
      x: new Tensor('float32', x, [1, x.length]),
    });
    await session.close();
    const { raw } = answersTo(classifier, rows[0]!.lines, rows[0]!.vectors);
    (logits!.data as Float32Array).forEach((logit, j) => {
      expect(logit).toBeCloseTo(raw[j]!, 4);
    });
  },
  60_000,
);

test('a decisive line in a long transcript is the first evidence', async () => {
  const { bytes } = await train(films(90, () => false));
  const lines = Array.from({ length: 120 }, (_, i) => `filler${'abcdefghij'[i % 10]}a and nothing else`);
  lines[77] = 'the ghost screams from the grave of a corpse';
  const tags = tagByClassifier(readClassifier(bytes).classifier, trailer(lines));
  const horror = tags.find(({ label }) => label === 'genre/horror')!;
  expect(horror.evidence[0]).toMatchObject({ line: lines[77], startSeconds: 77, signal: 'TEXT' });
  expect(horror.shares.TEXT).toBe(1);
}, 60_000);

test('a training that is given up, and rows that teach nothing, fail with what to do', async () => {
  await expect(train(films(90, () => false).map((row) => ({ ...row, labels: {} })))).rejects.toMatchObject({
    code: 'BAD_INPUT',
  });
  await expect(train([])).rejects.toMatchObject({ code: 'BAD_INPUT' });
  const gone = trainClassifier(
    films(90, () => false),
    options,
    () => {},
    AbortSignal.abort(),
  );
  await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
});
