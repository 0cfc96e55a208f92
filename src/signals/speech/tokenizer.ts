import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { Failure } from '../../failure.js';

/** Ids of the tokens that steer Whisper. */
export interface SteeringTokens {
  endOfText: number;
  startOfTranscript: number;
  startOfPrevious: number;
  startOfLanguageModel: number;
  translate: number;
  transcribe: number;
  noSpeech: number;
  noTimestamps: number;
  /** `<|0.00|>`; every id from here on is a time, one position of the encoder apart. */
  timestampBegin: number;
  /** Language code to id; empty for English-only checkpoints, which are prompted without a language. */
  languages: ReadonlyMap<string, number>;
  /** Brackets, music notes and the like: never said, so never sampled. Sorted. */
  nonSpeech: readonly number[];
  /** A lone space: no answer begins with it. */
  blank: readonly number[];
}

export interface SpeechTokenizer {
  readonly steering: SteeringTokens;
  encode(text: string): number[];
  /** The words; steering tokens and times are left out. */
  decode(tokens: readonly number[]): string;
}

/** English-only checkpoints have 51,864 entries, and the languages in their tokenizers mean nothing to them. */
export const isMultilingual = (vocabulary: number): boolean => vocabulary >= 51_865;

/** @throws Failure MODEL_INVALID when the file is no tokenizer of Whisper */
export async function readSpeechTokenizer(file: string, multilingual: boolean): Promise<SpeechTokenizer> {
  try {
    return speechTokenizer(JSON.parse(await readFile(file, 'utf8')), multilingual);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('MODEL_INVALID', `The tokenizer ${file} cannot be read: pull the pack's files again.`, {
      cause,
    });
  }
}

/**
 * @param json the content of a checkpoint's `tokenizer.json`
 * @throws Failure MODEL_INVALID when a steering token is missing
 */
export function speechTokenizer(json: object, multilingual: boolean): SpeechTokenizer {
  const tokenizer = new Tokenizer(json, {});
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const steering = steeringTokens(tokenizer, encode, multilingual);
  return {
    steering,
    encode,
    decode(tokens) {
      const words = tokens.filter((token) => token < steering.endOfText);
      // The library refuses an empty list.
      return words.length === 0 ? '' : tokenizer.decode(words, { clean_up_tokenization_spaces: false });
    },
  };
}

function steeringTokens(
  tokenizer: Tokenizer,
  encode: (text: string) => number[],
  multilingual: boolean,
): SteeringTokens {
  const id = (...names: string[]): number => {
    for (const name of names) {
      const found = tokenizer.token_to_id(`<|${name}|>`);
      if (found !== undefined) return found;
    }
    throw new Failure('MODEL_INVALID', `The tokenizer has no <|${names[0]}|>: it is not one of Whisper.`);
  };
  const startOfTranscript = id('startoftranscript');
  const translate = id('translate');
  const noTimestamps = id('notimestamps');
  return {
    endOfText: id('endoftext'),
    startOfTranscript,
    startOfPrevious: id('startofprev'),
    startOfLanguageModel: id('startoflm'),
    translate,
    transcribe: id('transcribe'),
    noSpeech: id('nospeech', 'nocaptions'),
    noTimestamps,
    timestampBegin: noTimestamps + 1,
    languages: multilingual ? languageTokens(tokenizer, startOfTranscript, translate) : new Map(),
    nonSpeech: nonSpeechTokens(encode),
    blank: encode(' '),
  };
}

/** The languages lie between `<|startoftranscript|>` and `<|translate|>`; large-v3 has one more than the others. */
function languageTokens(tokenizer: Tokenizer, after: number, before: number): Map<string, number> {
  const languages = new Map<string, number>();
  for (const [id, token] of tokenizer.get_added_tokens_decoder()) {
    if (id > after && id < before) languages.set(token.content.slice(2, -2), id);
  }
  return languages;
}

const BRACKETS_AND_SIGNS = [...'"#()*+/:;<=>@[\\]^_`{|}~「」『』'];
const RUNS_OF_SIGNS = [
  '<<',
  '>>',
  '<<<',
  '>>>',
  '--',
  '---',
  '-(',
  '-[',
  "('",
  '("',
  '((',
  '))',
  '(((',
  ')))',
];
const MORE_RUNS = ['[[', ']]', '{{', '}}', '♪♪', '♪♪♪'];
/** Several tokens each; their first one is shared by U+2640 … U+267F only, so it can go as a whole. */
const MUSIC_SIGNS = [...'♩♪♫♬♭♮♯'];

/** Signs of speaker names and sound descriptions, by the rule of Whisper's `tokenizer.py` (`non_speech_tokens`). */
function nonSpeechTokens(encode: (text: string) => number[]): number[] {
  // Hyphens and quotes stand inside words, so only those that begin a word are taken out.
  const found = new Set([encode(' -')[0]!, encode(" '")[0]!]);
  for (const sign of [...BRACKETS_AND_SIGNS, ...RUNS_OF_SIGNS, ...MORE_RUNS]) {
    for (const tokens of [encode(sign), encode(` ${sign}`)]) if (tokens.length === 1) found.add(tokens[0]!);
  }
  for (const sign of MUSIC_SIGNS) {
    for (const tokens of [encode(sign), encode(` ${sign}`)]) found.add(tokens[0]!);
  }
  return [...found].sort((a, b) => a - b);
}
