import { afterAll, expect, test, vi } from 'vitest';
import { ThreadPool } from '../../src/inference/threads.js';
import { averagePrecision, columns } from '../../src/tagging/measure.js';
import { randomStream } from '../../src/tagging/random.js';
import { learnTextPart, type TextLesson } from '../../src/tagging/text-part/learn-text-part.js';
import { lineContributions, textLogits } from '../../src/tagging/text-part/text-part.js';
import { decodeTextPart, encodeTextPart } from '../../src/tagging/text-part/text-part-file.js';
import type { trainTasks } from '../../src/tagging/train-thread.js';

const threads = new ThreadPool<typeof trainTasks>(
  new URL('../../dist/tagging/train-thread.js', import.meta.url),
  2,
);
afterAll(() => threads.close());

const FILLER = 'house street morning road letter table window garden river market train captain'.split(' ');
const TELLING = ['murder', 'kiss', 'spaceship'];

/** 200 texts of three lines; label j is told by one word, and unknown in every tenth text. */
function toyLesson(): TextLesson {
  const random = randomStream(7);
  const word = () => FILLER[Math.floor(random() * FILLER.length)]!;
  const rows = Array.from({ length: 200 }, (_, i) => {
    const has = TELLING.map(() => random() < 0.3);
    const lines = TELLING.map((told, j) => [word(), word(), has[j] ? told : word(), word()].join(' '));
    return { lines, targets: has.map((yes) => (i % 10 === 0 ? Number.NaN : Number(yes))) };
  });
  return {
    texts: rows.map(({ lines }) => lines),
    targets: Float32Array.from(rows.flatMap(({ targets }) => targets)),
    importance: new Float32Array(200).fill(1),
    folds: Uint8Array.from({ length: 200 }, (_, i) => i % 5),
    corpus: new Uint8Array(200),
    groups: TELLING.map(() => 'tag'),
    seed: 1,
    excerpts: [],
  };
}

const lesson = toyLesson();
const learned = learnTextPart(lesson, threads);

test('a text part gives a label the highest logit of the text whose word tells it, seen or not', async () => {
  const { part, unseen } = await learned;
  const sides = Int8Array.from(lesson.targets, (t) => (Number.isNaN(t) ? 0 : t * 2 - 1));
  const answers = TELLING.map((word) => textLogits(part, part.reader.read([`the ${word} by the river`]).row));
  for (const [j] of TELLING.entries()) {
    const column = answers.map((logits) => logits[j]!);
    expect(column.indexOf(Math.max(...column))).toBe(j);
    const ofRows = columns({ labels: 3, scores: unseen, truth: sides })[j]!;
    expect(averagePrecision(ofRows.scores, ofRows.truth)).toBeGreaterThan(0.95);
  }
});

test('the contributions of the lines find the decisive line of a long transcript', async () => {
  const { part } = await learned;
  const lines = Array.from({ length: 40 }, (_, i) => `${FILLER[i % 12]} ${FILLER[(i * 5) % 12]}`);
  lines[23] = 'a murder';
  const contributions = lineContributions(part, lines).filter((_, at) => at % part.labels === 0);
  expect(contributions.indexOf(Math.max(...contributions))).toBe(23);
});

test('what the lines add and the biases sum up to the logits, also where a term stands in several lines', async () => {
  const { part } = await learned;
  const lines = ['the murder in the house', 'a murder in the street', '', 'a kiss'];
  const contributions = lineContributions(part, lines);
  const logits = textLogits(part, part.reader.read(lines).row);
  for (const [j, logit] of logits.entries()) {
    const added = lines.reduce((sum, _, i) => sum + contributions[i * part.labels + j]!, part.bias[j]!);
    expect(added).toBeCloseTo(logit, 5);
  }
});

test('a decoded text part answers like the encoded one', async () => {
  const { part } = await learned;
  const { metadata, tensors } = encodeTextPart(part);
  const copy = decodeTextPart({ metadata: JSON.parse(JSON.stringify(metadata)), tensors });
  const { row } = part.reader.read(lesson.texts[3]!);
  expect(textLogits(copy, copy.reader.read(lesson.texts[3]!).row)).toEqual(textLogits(part, row));
});

/** A label that any of eight words tells, each of them rare; no text has two of them, but all stand beside the same others. */
function scatteredLesson(): TextLesson {
  const random = randomStream(4);
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)]!;
  const sea = 'ship sailor harbor storm anchor captain wave island mast deck cabin port'.split(' ');
  const texts = Array.from({ length: 400 }, (_, i) => [
    Array.from({ length: 8 }, (_, k) => (i % 2 && k < 3 ? pick(sea) : pick(FILLER))).join(' '),
  ]);
  return {
    ...{ texts, excerpts: [], seed: 1, groups: ['tag'] },
    targets: Float32Array.from(texts, (_, i) => Number(i % 2 === 1 && random() < 0.6)),
    importance: new Float32Array(400).fill(1),
    folds: Uint8Array.from({ length: 400 }, (_, i) => i % 5),
    corpus: new Uint8Array(400),
  };
}

test('latent semantics is part of the logits, of the lines and of the file', async () => {
  const { part } = await learnTextPart(scatteredLesson(), threads);
  const latent = part.latent!;
  // Whatever share was chosen: the part must be exact with any weights.
  latent.weights.forEach((_, at) => {
    latent.weights[at] = Math.sin(at);
  });
  const lines = ['the ship in the harbor', 'a letter', 'the sailor and the storm', ''];
  const { row } = part.reader.read(lines);
  const logit = textLogits(part, row)[0]!;
  expect(Math.abs(logit - textLogits({ ...part, latent: null }, row)[0]!)).toBeGreaterThan(0.05);
  const added = lineContributions(part, lines).reduce((sum, value) => sum + value, part.bias[0]!);
  expect(added).toBeCloseTo(logit, 4);

  const { metadata, tensors } = encodeTextPart(part);
  expect(textLogits(decodeTextPart({ metadata, tensors }), row)[0]).toBe(logit);
  const { latentCodes: _, ...rest } = tensors;
  expect(() => decodeTextPart({ metadata, tensors: rest })).toThrow(/train the classifier again/);
});

test('a text part of before latent semantics is read as it was', async () => {
  const { part } = await learned;
  const before = { ...part, latent: null };
  const { row } = part.reader.read(lesson.texts[3]!);
  expect(textLogits(decodeTextPart(encodeTextPart(before)), row)).toEqual(textLogits(before, row));
});

test('an encoded text part with a missing or short array is refused as damaged', async () => {
  const { metadata, tensors } = encodeTextPart((await learned).part);
  const { textBias: _, ...rest } = tensors;
  expect(() => decodeTextPart({ metadata, tensors: rest })).toThrow(/train the classifier again/);
});

test('the same lesson gives the same text part, to the bit', async () => {
  const again = await learnTextPart(lesson, threads);
  expect(encodeTextPart(again.part)).toEqual(encodeTextPart((await learned).part));
  expect(again.unseen).toEqual((await learned).unseen);
});

test('learning that is cancelled ends with CANCELLED', async () => {
  const signal = AbortSignal.abort();
  await expect(learnTextPart(lesson, threads, undefined, signal)).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('texts are counted in a thread: a training that is cancelled meanwhile has begun to learn nothing', async () => {
  const pool = new ThreadPool<typeof trainTasks>(
    new URL('../../dist/tagging/train-thread.js', import.meta.url),
    1,
  );
  const begun = vi.spyOn(pool, 'run');
  const learning = learnTextPart(lesson, pool);
  setImmediate(() => void pool.stop());
  await expect(learning).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(begun.mock.calls.map(([task]) => task)).toEqual(['textRows']);
});

test('a kind of text that is four times as frequent does not drown what another kind says of a word', async () => {
  const few = toyLesson();
  const isMany = (i: number) => i >= few.texts.length;
  const size = 5 * few.texts.length;
  const labels = few.groups.length;
  const mixedLesson: TextLesson = {
    ...few,
    texts: Array.from({ length: size }, (_, i) => few.texts[i % few.texts.length]!),
    // In the frequent kind the very words that tell a label elsewhere speak against it.
    targets: Float32Array.from({ length: size * labels }, (_, at) => {
      const target = few.targets[at % few.targets.length]!;
      return isMany(Math.floor(at / labels)) ? 1 - target : target;
    }),
    importance: new Float32Array(size).fill(1),
    folds: Uint8Array.from({ length: size }, (_, i) => i % 5),
    corpus: Uint8Array.from({ length: size }, (_, i) => Number(isMany(i))),
  };
  const worth = async (given: TextLesson) => {
    const { part } = await learnTextPart(given, threads);
    const logit = (line: string) => textLogits(part, part.reader.read([line]).row)[0]!;
    return logit('murder river') - logit('house river');
  };
  const apart = await worth(mixedLesson);
  const together = await worth({ ...mixedLesson, corpus: new Uint8Array(size) });
  expect(together).toBeLessThan(-0.5);
  expect(apart).toBeGreaterThan(together / 2);
});
