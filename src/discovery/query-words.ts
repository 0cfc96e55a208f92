import type { Taxonomy } from '../tagging/taxonomy.js';

/** What a query was taken for. */
export interface Interpretation {
  /** The query without exclusions: what texts and vectors are searched with. */
  text: string;
  /** Words that stand for labels; a title must have one of each entry's labels. */
  include: LabelWord[];
  /** Words behind "not", "without", "no" or a minus: a title must have none of their labels. */
  exclude: LabelWord[];
  /** Words in quotes: a title's texts must have them side by side. */
  phrases: string[];
  /** Excluded words that stand for no label, or phrases: a title's texts must not have them. */
  withoutWords: string[];
  /** Words of the text that are no label. */
  rest: string[];
}

export interface LabelWord {
  word: string;
  labels: string[];
}

/** Words that people use for labels, besides the labels' own names. */
const SYNONYMS: Record<string, readonly string[]> = {
  'genre/action': ['action-packed'],
  'genre/animation': ['animated', 'cartoon', 'cartoons'],
  'genre/biography': ['biographical', 'biopic', 'biopics'],
  'genre/comedy': ['comedies', 'funny', 'hilarious', 'comedic'],
  'genre/documentary': ['documentaries'],
  'genre/drama': ['dramas', 'dramatic'],
  'genre/fantasy': ['fantasies'],
  'genre/history': ['historical'],
  'genre/horror': ['scary', 'frightening'],
  'genre/musical': ['musicals'],
  'genre/mystery': ['mysteries', 'whodunit'],
  'genre/noir': ['noirs'],
  'genre/romance': ['romances'],
  'genre/science-fiction': ['sci-fi', 'scifi', 'sf'],
  'genre/sport': ['sports'],
  'genre/thriller': ['thrillers'],
  'genre/western': ['westerns'],
  'mood/dark': ['bleak', 'grim'],
  'mood/uplifting': ['feel-good', 'feelgood', 'inspiring', 'heartwarming'],
  'mood/light': ['light-hearted', 'lighthearted'],
  'mood/suspenseful': ['suspense', 'tense'],
  'mood/melancholic': ['melancholy', 'sad', 'wistful'],
  'mood/whimsical': ['quirky', 'playful'],
  'mood/eerie': ['creepy', 'spooky'],
  'mood/surreal': ['dreamlike', 'bizarre'],
  'mood/satirical': ['satire', 'satires'],
  'mood/brutal': ['gory', 'bloody', 'violent', 'gore', 'violence'],
  'theme/revenge': ['vengeance'],
  'theme/friendship': ['friendships'],
  'theme/love': ['romance'],
  'theme/solitude': ['loneliness', 'lonely'],
  'theme/madness': ['insanity'],
  'theme/murder': ['murders'],
  'theme/war': ['wars'],
};

const NEGATIONS = new Set(['not', 'without', 'no', 'non', 'except', 'but not']);
/** Words between a negation and what it denies. */
const BETWEEN = new Set(['too', 'very', 'any', 'a', 'an', 'the', 'so', 'much']);
/** Words that join two denied things. */
const JOINING = new Set(['or', 'nor']);
const LONGEST_NAME = 3; // words
/** A minus in front of a word or of words in quotes, not a dash between words. */
const MINUS = /^[-–−](?=["“„«]?\p{L})/u;
/** Words between quotes of any language; a quote that nothing closes is a sign like others. */
const PHRASE = /^[-–−]?["“”„«]([^"“”„«»]*)["“”„»]\W*$/u;
const TOKEN = /[-–−]?["“”„«][^"“”„«»]*["“”„»]\S*|\S+/gu;

/** Reads label words and exclusions out of a query; pure, and the same for the same taxonomy. */
export function interpret(query: string, { groups }: Pick<Taxonomy, 'groups'>): Interpretation {
  const labelsOf = dictionary(groups);
  const words = query.match(TOKEN) ?? [];
  const kept: string[] = [];
  const answer: Interpretation = {
    text: '',
    include: [],
    exclude: [],
    phrases: [],
    withoutWords: [],
    rest: [],
  };
  let denied = false;
  for (let i = 0; i < words.length; ) {
    const plain = plainWord(words[i]!);
    if (NEGATIONS.has(plain) && i + 1 < words.length) {
      denied = true;
      i++;
      continue;
    }
    if (denied && BETWEEN.has(plain)) {
      i++;
      continue;
    }
    const minus = MINUS.test(words[i]!);
    const phrase = phraseIn(words[i]!);
    const found = phrase === undefined ? longestName(words, i, labelsOf) : null;
    const length = found?.length ?? 1;
    const said = words.slice(i, i + length).join(' ');
    if (denied || minus) {
      if (found) answer.exclude.push({ word: found.word, labels: found.labels });
      else if (plain !== '') answer.withoutWords.push(phrase ?? plain);
      denied = JOINING.has(plainWord(words[i + length] ?? ''));
      i += length + (denied ? 1 : 0);
      continue;
    }
    kept.push(phrase ?? said);
    if (phrase !== undefined) answer.phrases.push(phrase);
    if (found) answer.include.push({ word: found.word, labels: found.labels });
    else answer.rest.push(...(phrase?.split(/\s+/) ?? [said]));
    i += length;
  }
  answer.text = kept.join(' ');
  return answer;
}

function phraseIn(token: string): string | undefined {
  const phrase = token.match(PHRASE)?.[1]?.trim();
  return phrase && plainWord(phrase) !== '' ? phrase : undefined;
}

/** Each name, synonym and plural in small letters, with every label that it may mean. */
function dictionary(groups: Taxonomy['groups']): Map<string, string[]> {
  const labelsOf = new Map<string, string[]>();
  const add = (word: string, id: string) => {
    const known = labelsOf.get(word) ?? [];
    if (!known.includes(id)) labelsOf.set(word, [...known, id]);
  };
  for (const { id, name } of groups.flatMap(({ labels }) => labels)) {
    for (const word of [name, id.split('/')[1]!.replaceAll('-', ' '), ...(SYNONYMS[id] ?? [])])
      add(word.toLowerCase(), id);
  }
  return labelsOf;
}

function longestName(
  words: readonly string[],
  from: number,
  labelsOf: ReadonlyMap<string, string[]>,
): (LabelWord & { length: number }) | null {
  for (let length = Math.min(LONGEST_NAME, words.length - from); length > 0; length--) {
    const word = words
      .slice(from, from + length)
      .map(plainWord)
      .join(' ');
    const labels = labelsOf.get(word);
    if (labels) return { word, labels, length };
  }
  return null;
}

function plainWord(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}
