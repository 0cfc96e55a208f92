import path from 'node:path';
import { contentWords } from '../signals/text-words.js';
import { isValidation, type LabelledText, readFilms, readSynopses } from './corpus.js';
import { addNoise, type SoundAlikes, soundAlikes } from './noise.js';
import { hash32, randomStream } from './random.js';

export const DATA_FILES = { synopses: 'synopses.jsonl.gz', films: 'films.jsonl.gz' } as const;

/** The texts that the pack may learn from, and those that it is measured on. */
export interface TrainingSet {
  /** Wikipedia's synopses outside the validation split. */
  synopses: LabelledText[];
  /** First paragraphs of Wikipedia's film pages, genre words masked, without the films of the validation split. */
  films: LabelledText[];
  /** A tenth of all synopses, of both sources. */
  validation: LabelledText[];
}

/** @throws Failure BAD_INPUT when a file is missing or not as documented */
export async function readTrainingSet(dataFolder: string): Promise<TrainingSet> {
  const synopses = await readSynopses(path.join(dataFolder, DATA_FILES.synopses));
  const films = await readFilms(path.join(dataFolder, DATA_FILES.films));
  const validation = synopses.filter(({ id }) => isValidation(id));
  const kept = new Set(validation.map(({ film }) => film));
  const keptTitles = new Set(validation.filter(({ film }) => film === null).map(({ title }) => title));
  return {
    synopses: synopses.filter(({ id, source }) => source === 'wikipedia' && !isValidation(id)),
    films: films.filter(({ film, title }) => !kept.has(film) && !keptTitles.has(title)),
    validation,
  };
}

/** A film's texts share a fold, so that none is judged by a model that saw another of them. */
export function foldOf({ title }: LabelledText, folds: number): number {
  return hash32(`fold:${title}`) % folds;
}

/** Occurrences that a word needs to serve as a replacement. */
const FREQUENT = 20;

/** The words that noise replaces others by: those that the training texts use. */
export function alikesOf(texts: readonly LabelledText[]): SoundAlikes {
  const counts = new Map<string, number>();
  for (const { text } of texts) {
    for (const word of text.toLowerCase().match(/[a-z']+/g) ?? [])
      counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return soundAlikes(
    [...counts]
      .filter(([, n]) => n >= FREQUENT)
      .map(([word]) => word)
      .sort(),
  );
}

/** Lengths of the cuts, in words: as long as trailers are talkative. */
const SHORTEST_CUT = 15;
const LONGEST_CUT = 250;
/** Up to this share of a cut's words is replaced. */
const MOST_WRONG = 0.3;

/** Each text as the noisy words of a trailer, its length drawn evenly on a logarithmic scale. */
export function trailerCuts(
  texts: readonly LabelledText[],
  alikes: SoundAlikes,
  seed: number,
): LabelledText[] {
  const random = randomStream(seed);
  return texts.map((text) => {
    const words = Math.round(SHORTEST_CUT * (LONGEST_CUT / SHORTEST_CUT) ** random());
    return { ...text, text: addNoise(text.text, { words, wrong: MOST_WRONG * random() }, alikes, random) };
  });
}

/** The validation texts as hard as trailers are to hear: 150 words, shuffled sentences, 30 % replaced. */
export function noisyValidation(
  texts: readonly LabelledText[],
  alikes: SoundAlikes,
  seed: number,
): LabelledText[] {
  const random = randomStream(seed);
  return texts.map((text) => ({
    ...text,
    text: addNoise(text.text, { words: 150, wrong: 0.3 }, alikes, random),
  }));
}

export function lengthOf({ text }: LabelledText): number {
  return contentWords(text).length;
}
