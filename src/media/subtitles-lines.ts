import type { RawCue } from './raw-cue.js';
import type { TimedLine } from './timed-line.js';

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  quot: '"',
  apos: "'",
  lrm: '',
  rlm: '',
};

/** One cue as lines of one kind and one speaker each: words, song, or the description of a sound. */
export function linesOf(cue: RawCue): TimedLine[] {
  const { startSeconds, endSeconds } = cue;
  return utterances(cleanText(cue.text), cue.speaker).map((part) => ({ startSeconds, endSeconds, ...part }));
}

/** Markup out, entities in, line breaks kept. */
function cleanText(text: string): string {
  return text
    .replace(/\{[^}]*\}/g, '') // ASS overrides, also found in SRT: {\an8}
    .replace(/<[^<>]{0,200}>/g, '') // <i>, <font …>, <c.yellow>, <00:01.000>
    .replace(/&(#\d+|#x[0-9a-f]+|\w+);/gi, (whole, name: string) => entity(name) ?? whole)
    .replace(/[\u200B-\u200F\u202A-\u202E\uFEFF]/g, '')
    .replace(/\u00A0/g, ' ');
}

function entity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

type Utterance = Pick<TimedLine, 'text' | 'kind' | 'speaker'>;

/** A dash at the beginning of a row: another one speaks. */
const DASH = /^\s*[-–—‐]\s*/;

function utterances(text: string, speaker: string | null): Utterance[] {
  const rows = text.split('\n').filter((row) => row.trim() !== '');
  const dialogue = rows.filter((row) => DASH.test(row)).length >= 2;
  const parts = dialogue ? joinAtDashes(rows) : [rows.join('\n')];
  return parts.flatMap((part) => kinds(part, speaker));
}

function joinAtDashes(rows: readonly string[]): string[] {
  const parts: string[] = [];
  for (const row of rows) {
    if (DASH.test(row) || parts.length === 0) parts.push(row.replace(DASH, ''));
    else parts.push(`${parts.pop()}\n${row}`);
  }
  return parts;
}

/** [door slams] (sighs) and （…） 【…】: what is heard, not said. */
const BRACKETED = /\[([^\]]*)\]|\(([^)]*)\)|（([^）]*)）|【([^】]*)】|\*([^*\n]+)\*/g;
const MUSIC_SIGN = /[♪♫♬♩]|(^|\s)#(?=\s)|(?<=\s)#($|\s)/;
const MUSIC_SIGNS = /[♪♫♬♩]|(^|\s)#(?=\s)|(?<=\s)#(?=$|\s)/g;
const MUSIC_WORDS =
  /\b(music|song|singing|sings|humming|choir|chorus|orchestra|theme|musik|musique|música|musica)\b/i;

function kinds(text: string, speaker: string | null): Utterance[] {
  const found: Utterance[] = [];
  let who = speaker;
  const spoken = text.replace(BRACKETED, (whole, ...groups: unknown[]) => {
    const inner = fold(groups.slice(0, 5).find((group): group is string => typeof group === 'string') ?? '');
    if (inner === '') return ' ';
    // "[ANNA] Come here." and "(Anna): Come here." name who speaks.
    if (
      isName(inner) &&
      text.trimStart().startsWith(whole) &&
      fold(text.replace(whole, '')).replace(/^:/, '') !== ''
    )
      who = title(inner);
    else
      found.push({
        text: inner,
        kind: MUSIC_SIGN.test(inner) || MUSIC_WORDS.test(inner) ? 'MUSIC' : 'SOUND',
        speaker: null,
      });
    return ' ';
  });
  const { name, words } = splitSpeaker(spoken);
  const isSong = MUSIC_SIGN.test(words);
  const said = fold(words.replace(MUSIC_SIGNS, ' '));
  if (hasLetters(said))
    found.push({ text: said, kind: isSong ? 'MUSIC' : 'SPEECH', speaker: isSong ? null : (name ?? who) });
  else if (isSong && found.length === 0) found.push({ text: '♪', kind: 'MUSIC', speaker: null });
  return found;
}

/** `ANNA: Come here.`, `Dr. Who: …`: capitals or a title case name of at most three words in front of a colon. */
const SPEAKER = /^\s*(?:>>\s*)?((?:[\p{Lu}][\p{L}.'’-]*\s?){1,3}(?:#?\d{1,2})?)\s*:\s+(?=\S)/u;

function splitSpeaker(text: string): { name: string | null; words: string } {
  const plain = text.replace(/^\s*>>\s*/, '').replace(/^\s*:\s*/, '');
  const match = SPEAKER.exec(plain);
  if (!match) return { name: null, words: plain };
  return { name: title(fold(match[1] ?? '')), words: plain.slice(match[0].length) };
}

function isName(text: string): boolean {
  return (
    /^[\p{Lu}][\p{Lu}.'’ -]{1,30}(#?\d{1,2})?$/u.test(text) &&
    !MUSIC_WORDS.test(text) &&
    text.split(' ').length <= 3
  );
}

/** ANNA → Anna; mixed case stays. */
function title(name: string): string {
  if (name !== name.toUpperCase()) return name;
  return name
    .toLowerCase()
    .replace(/(^|[\s.'’-])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function hasLetters(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
