import type { TimedLine } from '../../media/timed-line.js';
import type { SignalEmbedding } from '../../signals/signal.js';
import { embedText } from '../../signals/text.js';
import { TextModel } from '../../signals/text-model.js';
import { answersTo } from '../classifier.js';
import { nameClassifier, readClassifier } from '../classifier-file.js';
import { loadTagger } from '../compact-tagger.js';
import { readHead } from '../head.js';
import {
  type LabelSpace,
  type RowTargets,
  spaceOf,
  spaceOfTaxonomy,
  targetsOf,
  withAliases,
} from '../label-space.js';
import { readLearnedRows } from '../learned-rows.js';
import { labelTargets } from '../targets.js';
import type { LabelMapping, Taxonomy } from '../taxonomy.js';
import type { TrainingRow } from '../training-row.js';

/** Which of a row's signals are read. */
export type Reading = 'all' | 'words' | 'vectors';

/** A classifier as it is evaluated. */
export interface Scorer {
  name: string;
  space: LabelSpace;
  /** Log-odds of each label before anything was read. */
  priors: Float32Array;
  /** Log-odds at and above which a label is accepted. */
  thresholds: Float64Array;
  /** What the rows say of the labels. */
  targets(rows: readonly TrainingRow[]): RowTargets;
  /** Whether it learned from the row of a fingerprint (`fingerprintRow`). */
  learnedFrom(fingerprint: string): boolean;
  /** Whether vectors beside the words are concatenated and read by one head. */
  readsVectors: boolean;
  /** rows × labels: calibrated log-odds, and those before calibration where there are such. */
  score(
    rows: readonly TrainingRow[],
    reading: Reading,
  ): Promise<{ logOdds: Float32Array; raw: Float32Array | null }>;
  close(): Promise<void>;
}

/**
 * A trained classifier's file.
 * @throws Failure MODEL_INVALID when the bytes are no classifier
 */
export function trainedScorer(bytes: Uint8Array, mapping: LabelMapping): Scorer {
  const { classifier, origin } = readClassifier(bytes);
  const { labels } = classifier;
  const space = withAliases(spaceOf(labels.map(({ id, group, name }) => ({ id, group, name }))), mapping);
  return {
    name: nameClassifier(bytes),
    space,
    targets: (rows) => targetsOf(rows, space),
    priors: Float32Array.from(labels, ({ prior }) => prior),
    thresholds: Float64Array.from(labels, ({ threshold }) => logOddsOf(threshold ?? 1)),
    learnedFrom: (fingerprint) => origin.learnedFrom.has(fingerprint),
    readsVectors: classifier.vectors !== null,
    score: async (rows, reading) => {
      const logOdds = new Float32Array(rows.length * labels.length);
      const raw = new Float32Array(rows.length * labels.length);
      rows.forEach((row, i) => {
        const lines = reading === 'vectors' ? [] : row.lines;
        const answers = answersTo(classifier, lines, reading === 'words' ? {} : row.vectors);
        logOdds.set(answers.logOdds, i * labels.length);
        raw.set(answers.raw, i * labels.length);
      });
      return { logOdds, raw };
    },
    close: async () => {},
  };
}

/**
 * The pack's own classifier, asked as the product asks it.
 * @param folder the compact pack's
 * @throws Failure MODEL_INVALID
 */
export async function compactScorer(
  folder: string,
  taxonomy: Taxonomy,
  mapping: LabelMapping,
  headFile: string,
): Promise<Scorer> {
  const [learnedFrom, head, model, tagger] = await Promise.all([
    readLearnedRows(folder),
    readHead(headFile),
    TextModel.load(folder),
    loadTagger(folder),
  ]);
  const space = spaceOfTaxonomy(taxonomy, mapping);
  const width = space.labels.length;
  return {
    name: tagger.classifier,
    space,
    targets: (rows) => mappedTargets(rows, space, taxonomy, mapping),
    priors: Float32Array.from(head.labels, ({ prior }) => prior),
    thresholds: Float64Array.from(head.labels, ({ threshold }) => logOddsOf(threshold)),
    learnedFrom,
    readsVectors: false,
    score: async (rows, reading) => {
      const logOdds = new Float32Array(rows.length * width);
      for (const [i, row] of rows.entries()) {
        const embeddings = reading === 'vectors' ? [] : [await embedText(model, row.lines.map(timed))];
        const tags = await tagger.decide(embeddings satisfies SignalEmbedding[]);
        tags.forEach(({ probability }, j) => {
          logOdds[i * width + j] = logOddsOf(probability);
        });
      }
      return { logOdds, raw: null };
    },
    close: async () => {
      await Promise.all([model.close(), tagger.close()]);
    },
  };
}

/**
 * Rows with user tags, which are no group of the taxonomy, say what the mapping makes of them (`labelTargets`) of the
 * labels that they do not name themselves.
 */
function mappedTargets(
  rows: readonly TrainingRow[],
  space: LabelSpace,
  taxonomy: Taxonomy,
  mapping: LabelMapping,
): RowTargets {
  const { values, unknownNames } = targetsOf(rows, space);
  unknownNames.delete('tag');
  const texts = rows.map(({ id, labels }) => ({
    ...{ id, text: '', labels, source: 'imdb' as const, film: null, title: '' },
  }));
  const mapped = labelTargets(texts, taxonomy, mapping, new Map());
  mapped.forEach((value, at) => {
    const row = rows[Math.floor(at / space.labels.length)]!;
    if (row.labels.tag && Number.isNaN(values[at]!) && value !== 0) values[at] = value > 0 ? 1 : 0;
  });
  return { values, unknownNames };
}

const timed = (text: string, i: number): TimedLine => ({
  ...{ startSeconds: i, endSeconds: i + 1, text },
  kind: 'SPEECH',
  speaker: null,
});

const logOddsOf = (probability: number) => Math.log(probability / (1 - probability));
