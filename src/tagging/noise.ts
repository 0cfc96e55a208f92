/**
 * What a speech recogniser and a trailer's cutting do to words: a short extract, sentences out of order, some
 * words wrong, no punctuation. Learned from and measured on, so that the model stands it.
 */
export interface NoiseOptions {
  /** Words kept; the extract begins at a random sentence. */
  words: number;
  /** Share of words that are replaced, 0 … 1. Half become a similar-sounding word, half a random one. */
  wrong: number;
}

/** Words by their sound, to replace one by another that a recogniser could have heard. */
export interface SoundAlikes {
  all: readonly string[];
  bySound: ReadonlyMap<string, readonly string[]>;
}

/** A word's consonants in rough classes (b p · d t · g k c q · f v · s z x · m n), the first letter kept. */
export function soundOf(word: string): string {
  const classes = word
    .slice(1)
    .replace(/[aeiouyhw]/g, '')
    .replace(/[bp]/g, 'b')
    .replace(/[dt]/g, 'd')
    .replace(/[gkcqj]/g, 'g')
    .replace(/[fv]/g, 'f')
    .replace(/[szx]/g, 's')
    .replace(/[mn]/g, 'm')
    .replace(/(.)\1+/g, '$1');
  return `${word[0] ?? ''}${classes}`;
}

/** @param words each once, in a fixed order */
export function soundAlikes(words: readonly string[]): SoundAlikes {
  const bySound = new Map<string, string[]>();
  for (const word of words) {
    const sound = soundOf(word);
    const alike = bySound.get(sound);
    if (alike) alike.push(word);
    else bySound.set(sound, [word]);
  }
  return { all: words, bySound };
}

/** `text` as a trailer's recognised speech could have it, one line. */
export function addNoise(
  text: string,
  options: NoiseOptions,
  alikes: SoundAlikes,
  random: () => number,
): string {
  const sentences = text.split(/(?<=[.!?])\s+/).filter((sentence) => sentence !== '');
  shuffle(sentences, random);
  const words = sentences
    .join(' ')
    .toLowerCase()
    .replace(/[^\p{L}' ]+/gu, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, options.words);
  return words.map((word) => (random() < options.wrong ? replacement(word, alikes, random) : word)).join(' ');
}

function replacement(word: string, alikes: SoundAlikes, random: () => number): string {
  const alike = alikes.bySound.get(soundOf(word)) ?? [];
  const from = random() < 0.5 && alike.length > 1 ? alike : alikes.all;
  return from[Math.floor(random() * from.length)] ?? word;
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  }
}
