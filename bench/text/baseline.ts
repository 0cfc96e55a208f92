import { type LabelledText } from '../../src/tagging/corpus.js';
import { trainLogistic } from '../../src/tagging/logistic.js';
import type { Scored } from '../../src/tagging/measure.js';
import { project, stackRows } from '../../src/tagging/sparse.js';
import { weighTerms } from '../../src/tagging/tf-idf.js';

/** scikit-learn's defaults for the reference figures: C = 1, classes balanced. */
const REFERENCE = { cost: 1, balance: 1, epochs: 15, seed: 1 };

/**
 * The reference of the tagging literature: every lower-case word and pair of words that occurs in three texts or
 * more, sublinear TF-IDF, unit length, one balanced logistic regression a tag. No stemming, no stop words, the
 * 200,000 most frequent terms.
 */
export function baseline(
  learnFrom: readonly LabelledText[],
  measured: readonly LabelledText[],
  names: readonly string[],
  kind: 'tag' | 'genre',
): Scored {
  const { rows, others, columns } = weighTerms(
    learnFrom.map(({ text }) => text),
    measured.map(({ text }) => text),
  );
  const model = trainLogistic(
    stackRows(rows, columns),
    truthOf(learnFrom, names, kind),
    new Float32Array(learnFrom.length).fill(1),
    REFERENCE,
  );
  return {
    labels: names.length,
    scores: project(stackRows(others, columns), model.weights, names.length, model.bias),
    truth: truthOf(measured, names, kind),
  };
}

export function truthOf(
  texts: readonly LabelledText[],
  names: readonly string[],
  kind: 'tag' | 'genre',
): Int8Array {
  const truth = new Int8Array(texts.length * names.length);
  texts.forEach(({ labels }, i) => {
    const known = labels[kind];
    if (!known) return;
    names.forEach((name, j) => {
      truth[i * names.length + j] = known.includes(name) ? 1 : -1;
    });
  });
  return truth;
}
