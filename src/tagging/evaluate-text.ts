import path from 'node:path';
import { TextModel } from '../signals/text-model.js';
import { contentWords } from '../signals/text-words.js';
import { HEAD_FILE } from './compact-tagger.js';
import type { LabelledText } from './corpus.js';
import { type Head, readHead, textLogit } from './head.js';
import { averagePrecision, columns, f1, meanAveragePrecision, type Scored } from './measure.js';
import { labelTargets } from './targets.js';
import { labelsOf, readMapping, readTaxonomy } from './taxonomy.js';
import { lengthUnit } from './text-lengths.js';
import { alikesOf, noisyValidation, type TrainingSet } from './training-set.js';

/** Log-odds of the sources of one kind beside what the data says: `tag` or `genre`, in the layout's order. */
export async function scoreSources(
  model: TextModel,
  texts: readonly LabelledText[],
  kind: 'tag' | 'genre',
): Promise<Scored> {
  const { dense, sources, bias } = model.layout;
  const picked = sources.flatMap((source, place) =>
    source.startsWith(`${kind}:`)
      ? [{ name: source.slice(kind.length + 1), at: dense + place, bias: bias[place]! }]
      : [],
  );
  const scored = emptyScored(texts.length, picked.length);
  for (const [i, text] of texts.entries()) {
    const vector = (await model.encodeLines([text.text]))?.document;
    const known = text.labels[kind];
    picked.forEach(({ name, at, bias: constant }, j) => {
      scored.scores[i * picked.length + j] = (vector?.[at] ?? 0) + constant;
      scored.truth[i * picked.length + j] = known ? (known.includes(name) ? 1 : -1) : 0;
    });
  }
  return scored;
}

/** The head's log-odds from the words alone beside `truth`: rows × labels of the taxonomy. */
export async function scoreLabels(
  model: TextModel,
  head: Head,
  texts: readonly LabelledText[],
  truth: Int8Array,
): Promise<Scored> {
  const scored = { ...emptyScored(texts.length, head.labels.length), truth };
  for (const [i, { text }] of texts.entries()) {
    const encoded = await model.encodeLines([text]);
    const u = lengthUnit(contentWords(text).length, head.length);
    head.labels.forEach((label, j) => {
      const at = i * head.labels.length + j;
      scored.scores[at] = encoded
        ? textLogit(label, encoded.document.subarray(model.layout.dense), u)
        : label.prior;
    });
  }
  return scored;
}

function emptyScored(rows: number, labels: number): Scored {
  return { labels, scores: new Float32Array(rows * labels), truth: new Int8Array(rows * labels) };
}

/** The figures that the manifest carries, measured on the written files. */
export async function validationFigures(
  folder: string,
  set: TrainingSet,
  seed: number,
): Promise<Record<string, number>> {
  const model = await TextModel.load(folder);
  try {
    const head = await readHead(path.join(folder, HEAD_FILE));
    const taxonomy = await readTaxonomy(path.join(folder, '..', 'taxonomy.json'));
    const mapping = await readMapping(path.join(folder, '..', 'label-mapping.json'), taxonomy);
    const noisy = noisyValidation(set.validation, alikesOf([...set.synopses, ...set.films]), seed);
    const truth = labelTargets(set.validation, taxonomy, mapping, new Map());
    const clean = await scoreLabels(model, head, set.validation, truth);
    const heard = await scoreLabels(model, head, noisy, truth);
    const thresholds = head.labels.map(({ threshold }) => Math.log(threshold / (1 - threshold)));
    const genres = labelsOf(taxonomy).filter(({ id }) => id.startsWith('genre/')).length;
    return {
      tagsMeanAveragePrecision: round(meanAveragePrecision(await scoreSources(model, set.validation, 'tag'))),
      labelsMeanAveragePrecision: round(meanAveragePrecision(clean)),
      noisyLabelsMeanAveragePrecision: round(meanAveragePrecision(heard)),
      noisyLabelsMicroF1: round(f1(heard, thresholds).micro),
      noisyLabelsMacroF1: round(f1(heard, thresholds).macro),
      genresMeanAveragePrecision: round(meanOfFirst(clean, genres)),
      noisyGenresMeanAveragePrecision: round(meanOfFirst(heard, genres)),
    };
  } finally {
    await model.close();
  }
}

function meanOfFirst(scored: Scored, labels: number): number {
  const values = columns(scored)
    .slice(0, labels)
    .map(({ scores, truth }) => averagePrecision(scores, truth))
    .filter((value) => value !== null);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;
