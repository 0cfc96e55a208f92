import { contentWords, stem } from '../signals/text-words.js';
import type { LabelledText } from './corpus.js';
import { type LabelMapping, labelsOf, type Taxonomy } from './taxonomy.js';

/** 1 the text has it, −1 it does not, 0 unknown: rows × names. */
export type Targets = Int8Array;

/** What the text model learns to score: the data's own tags and genres, and labels known by their words. */
export type Source = `tag:${string}` | `genre:${string}` | `words:${string}`;

/**
 * Every source in a fixed order. A name that no training text has cannot be learned, and a genre that stands for no
 * label (a form, such as Short) serves nothing: both are left out.
 */
export function sourcesOf(texts: readonly LabelledText[], mapping: LabelMapping): Source[] {
  const occurring = (kind: 'tag' | 'genre') => new Set(texts.flatMap((text) => text.labels[kind] ?? []));
  const tags = occurring('tag');
  const genres = occurring('genre');
  return [
    ...Object.keys(mapping.tag)
      .filter((name) => tags.has(name))
      .map((name): Source => `tag:${name}`),
    ...Object.keys(mapping.genre)
      .filter((name) => genres.has(name) && mapping.genre[name]!.length > 0)
      .map((name): Source => `genre:${name}`),
    ...mapping.words.map((label): Source => `words:${label}`),
  ];
}

/** @param hints one column a label of `mapping.words`, from `wordHints` */
export function sourceTargets(
  texts: readonly LabelledText[],
  sources: readonly Source[],
  hints: ReadonlyMap<string, Int8Array>,
): Targets {
  const targets = new Int8Array(texts.length * sources.length);
  sources.forEach((source, j) => {
    const [kind, name] = splitSource(source);
    texts.forEach((text, i) => {
      const at = i * sources.length + j;
      if (kind === 'words') targets[at] = hints.get(name)![i]!;
      else targets[at] = membership(text.labels[kind], name);
    });
  });
  return targets;
}

/**
 * What each text says of each label of the taxonomy. A genre is decided by the film's genres and so is a label
 * that only genres stand for; other moods and themes are decided by the tags. Where the deciding kind is known, names
 * of the other kind speak for a label too; where it is not, nothing is known: counting only what speaks for a
 * label would make it look more frequent than it is. Labels of `mapping.words` are decided by their words: a synopsis that
 * has some of them, but not enough, counts as without the label, or a single spoken word would be taken for proof.
 */
export function labelTargets(
  texts: readonly LabelledText[],
  taxonomy: Taxonomy,
  mapping: LabelMapping,
  hints: ReadonlyMap<string, Int8Array>,
): Targets {
  const labels = labelsOf(taxonomy);
  const targets = new Int8Array(texts.length * labels.length);
  labels.forEach(({ id }, j) => {
    const tags = namesFor(mapping.tag, id);
    const genres = namesFor(mapping.genre, id);
    const decidedBy = id.startsWith('genre/') || tags.length === 0 ? 'genre' : 'tag';
    const stands = (decidedBy === 'genre' ? genres : tags).length > 0;
    const hint = hints.get(id);
    texts.forEach((text, i) => {
      const named =
        tags.some((name) => text.labels.tag?.includes(name)) ||
        genres.some((name) => text.labels.genre?.includes(name));
      const known = hint ? text.source !== 'extract' : stands && text.labels[decidedBy] !== undefined;
      if (known) targets[i * labels.length + j] = named || hint?.[i] === 1 ? 1 : -1;
    });
  });
  return targets;
}

/** Share of the texts, by density of a label's words, that count as having the label. */
const HINTED_SHARE = 0.12;
/** Different words that must meet before a text counts as having the label. */
const HINTED_WORDS = 2;

/**
 * Weak labels: a synopsis has a label of `mapping.words` when at least two of the label's words occur and they are
 * denser than in all but an eighth of the synopses; it lacks it when none occurs; between, and in short
 * extracts, it is unknown.
 */
export function wordHints(
  texts: readonly LabelledText[],
  taxonomy: Taxonomy,
  mapping: LabelMapping,
): Map<string, Int8Array> {
  const words = texts.map((text) => (text.source === 'extract' ? null : contentWords(text.text)));
  const hints = new Map<string, Int8Array>();
  for (const label of labelsOf(taxonomy)) {
    if (!mapping.words.includes(label.id)) continue;
    const stems = new Set(label.words.map(stem));
    const density = words.map((all) =>
      all ? all.filter((word) => stems.has(word)).length / (all.length || 1) : 0,
    );
    const known = density.filter((_, i) => words[i] !== null).sort((a, b) => b - a);
    const dense = known[Math.floor(known.length * HINTED_SHARE)] ?? 0;
    const hint = new Int8Array(texts.length);
    words.forEach((all, i) => {
      if (!all) return;
      const different = new Set(all.filter((word) => stems.has(word))).size;
      if (different === 0) hint[i] = -1;
      else if (different >= HINTED_WORDS && density[i]! >= dense) hint[i] = 1;
    });
    hints.set(label.id, hint);
  }
  return hints;
}

export function splitSource(source: string): ['tag' | 'genre' | 'words', string] {
  const at = source.indexOf(':');
  return [source.slice(0, at) as 'tag' | 'genre' | 'words', source.slice(at + 1)];
}

function membership(names: readonly string[] | undefined, name: string): number {
  if (!names) return 0;
  return names.includes(name) ? 1 : -1;
}

function namesFor(mapping: Record<string, string[]>, id: string): string[] {
  return Object.keys(mapping).filter((name) => mapping[name]!.includes(id));
}

/** labels × sources: 1 where the mapping says that the source stands for the label. */
export function mappedSources(
  labels: readonly string[],
  sources: readonly Source[],
  mapping: LabelMapping,
): Float32Array {
  const mapped = new Float32Array(labels.length * sources.length);
  labels.forEach((id, i) => {
    sources.forEach((source, j) => {
      const [kind, name] = splitSource(source);
      const standsFor = kind === 'words' ? name === id : mapping[kind][name]!.includes(id);
      if (standsFor) mapped[i * sources.length + j] = 1;
    });
  });
  return mapped;
}
