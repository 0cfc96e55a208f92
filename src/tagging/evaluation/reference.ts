import type { ThreadPool } from '../../inference/threads.js';
import { crossFit, FOLDS } from '../cross-fit.js';
import { hash32 } from '../random.js';
import { stackRows } from '../sparse.js';
import { weighTerms } from '../tf-idf.js';
import type { trainTasks } from '../train-thread.js';

/** scikit-learn's defaults for the reference of the tagging literature: C = 1, classes balanced. */
const SETTINGS = { cost: 1, balance: 1, epochs: 15, seed: 1 };

/** Texts with what is known of them: rows × labels, 1 yes, −1 no, 0 unknown. */
export interface KnownTexts {
  texts: readonly string[];
  truth: Int8Array;
}

/**
 * The reference: TF-IDF of words and pairs of words (`weighTerms`) with one balanced logistic regression a label.
 * @param learnFrom what it learns from; null: the measured texts themselves, each answered by a model of the other folds
 * @returns logits, rows × labels
 */
export async function referenceLogits(
  measured: KnownTexts,
  learnFrom: KnownTexts | null,
  threads: ThreadPool<typeof trainTasks>,
): Promise<Float32Array> {
  const { rows, others, columns } = weighTerms((learnFrom ?? measured).texts, measured.texts);
  if (learnFrom) {
    return threads.run('scores', {
      ...{ rows: stackRows(rows, columns), targets: learnFrom.truth, options: SETTINGS },
      importance: new Float32Array(rows.length).fill(1),
      others: stackRows(others, columns),
    });
  }
  const folds = Uint8Array.from(measured.texts, (text) => hash32(`fold:${text}`) % FOLDS);
  const fit = await crossFit(
    {
      ...{ rows: stackRows(rows, columns), targets: measured.truth, folds },
      importance: new Float32Array(rows.length).fill(1),
    },
    SETTINGS,
    threads,
  );
  return fit.unseen;
}
