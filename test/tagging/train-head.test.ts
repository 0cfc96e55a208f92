import { afterAll, expect, test } from 'vitest';
import { ThreadPool } from '../../src/inference/threads.js';
import { sigmoid } from '../../src/tagging/calibration.js';
import type { LabelledText } from '../../src/tagging/corpus.js';
import { textLogit } from '../../src/tagging/head.js';
import { randomStream } from '../../src/tagging/random.js';
import { lengthUnit } from '../../src/tagging/text-lengths.js';
import { learnHead } from '../../src/tagging/train-head.js';
import type { trainTasks } from '../../src/tagging/train-thread.js';
import { lengthOf } from '../../src/tagging/training-set.js';

const threads = new ThreadPool<typeof trainTasks>(
  new URL('../../dist/tagging/train-thread.js', import.meta.url),
  1,
);
afterAll(() => threads.close());

const SYNOPSES = 600;
/** A score says much of a long text and little of a short one. */
const WORTH = { long: 3, short: 0.5 };

/** As many cuts as synopses behind them; one source, which stands for the one label. */
function lesson() {
  const random = randomStream(11);
  const texts = Array.from({ length: 2 * SYNOPSES }, (_, i): LabelledText => {
    const text = 'murder '.repeat((i < SYNOPSES ? 400 : 12) + (i % 7));
    return { id: `${i}`, text, labels: {}, source: 'wikipedia', film: null, title: `${i}` };
  });
  const scores = Float32Array.from(texts, () => random() * 4 - 2);
  const targets = Int8Array.from(scores, (score, i) =>
    random() < sigmoid((i < SYNOPSES ? WORTH.long : WORTH.short) * score) ? 1 : -1,
  );
  return { texts, scores, targets };
}

test('probabilities of the pack hold for whole synopses and for a trailer’s few words alike', async () => {
  const { texts, scores, targets } = lesson();
  const head = await learnHead(
    {
      ...{ texts, scores, sources: 1, targets, labels: ['theme/murder'], mapped: Float32Array.of(1) },
      ...{ told: [...texts.keys()], trailerLike: SYNOPSES },
    },
    { cost: 0.1, balance: 0.5, epochs: 5, seed: 1 },
    threads,
  );
  const promised = (rows: readonly number[]) =>
    rows.reduce((sum, row) => {
      const u = lengthUnit(lengthOf(texts[row]!), head.length);
      return sum + sigmoid(textLogit(head.labels[0]!, scores.subarray(row, row + 1), u));
    }, 0) / rows.length;
  const came = (rows: readonly number[]) => rows.filter((row) => targets[row] === 1).length / rows.length;
  for (const isOfKind of [(row: number) => row < SYNOPSES, (row: number) => row >= SYNOPSES]) {
    const likely = [...texts.keys()].filter((row) => isOfKind(row) && scores[row]! > 1);
    expect(Math.abs(promised(likely) - came(likely))).toBeLessThan(0.05);
  }
});
