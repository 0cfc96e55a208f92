import { serveTasks } from '../../inference/thread.js';
import { TextModel } from '../../signals/text-model.js';
import type { TaxonomyLabel } from '../taxonomy.js';
import { zeroShotHead } from '../zero-shot.js';
import { wordingsOf } from '../zero-shot-files.js';
import type { Ballot } from './ballots.js';
import { type LabelModel, labelProbabilities, learnLabelModel } from './label-model.js';
import { LABEL_MODEL } from './settings.js';
import { type WordFunction, wordVotes } from './word-votes.js';

export interface ReadTask {
  texts: readonly string[];
  words: readonly WordFunction[];
  labels: readonly TaxonomyLabel[];
  /** The text encoder's pack. */
  folder: string;
}

/** What a thread can do for weak labels. */
export const weakTasks = {
  /** Texts → rows × words of votes, and rows × labels of similarities (NaN: nothing to compare). */
  async read({
    texts,
    words,
    labels,
    folder,
  }: ReadTask): Promise<{ votes: Int8Array; similarities: Float32Array }> {
    const votes = new Int8Array(texts.length * words.length);
    texts.forEach((text, i) => {
      votes.set(wordVotes(text, words), i * words.length);
    });
    encoder ??= loadEncoder(folder, labels);
    const { model, directions } = await encoder;
    const vectors = await model.encode(texts);
    const similarities = Float32Array.from({ length: texts.length * labels.length }, (_, at) => {
      const vector = vectors[Math.floor(at / labels.length)];
      const direction = directions[at % labels.length];
      return vector && direction ? product(vector, direction) : Number.NaN;
    });
    return { votes, similarities };
  },

  /** The model of one label, and the label's probability for each row. */
  learn({ votes, functions }: Ballot): { model: LabelModel; probabilities: Float64Array } {
    const model = learnLabelModel(votes, functions.length, LABEL_MODEL);
    return { model, probabilities: labelProbabilities(model, votes, LABEL_MODEL.trust) };
  },
};

/** A thread serves one command: it reads with one encoder and one taxonomy. */
let encoder: ReturnType<typeof loadEncoder> | null = null;

/** The encoder, and the direction of each label's descriptions; null where it knows fewer than two of them. */
async function loadEncoder(folder: string, labels: readonly TaxonomyLabel[]) {
  const model = await TextModel.load(folder);
  const worded = [];
  for (const label of labels) {
    const wordings = (await model.encode(wordingsOf(label))).filter((vector) => vector !== null);
    if (wordings.length > 1) worded.push({ id: label.id, prior: 0, wordings });
  }
  const directions = new Map(zeroShotHead(worded).labels.map(({ id, direction }) => [id, direction]));
  return { model, directions: labels.map(({ id }) => directions.get(id) ?? null) };
}

function product(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

serveTasks(weakTasks);
