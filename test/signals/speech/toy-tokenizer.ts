import { type SpeechTokenizer, speechTokenizer } from '../../../src/signals/speech/tokenizer.js';

const STEERING = [
  'endoftext',
  'startoftranscript',
  'en',
  'de',
  'fr',
  'translate',
  'transcribe',
  'startoflm',
  'startofprev',
  'nospeech',
  'notimestamps',
];

/** The printable stand-ins of the 256 bytes, as byte-level BPE orders them. */
function byteSymbols(): string[] {
  const printable = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const others = range(0, 255).filter((byte) => !printable.includes(byte));
  const symbols = new Map<number, string>();
  for (const byte of printable) symbols.set(byte, String.fromCodePoint(byte));
  for (const [i, byte] of others.entries()) symbols.set(byte, String.fromCodePoint(256 + i));
  return range(0, 255).map((byte) => symbols.get(byte)!);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** A `tokenizer.json` in Whisper's layout without merges: token n is byte n, then the steering tokens from 256. */
export function toyTokenizerJson(steering: readonly string[] = STEERING): object {
  const vocab = Object.fromEntries(byteSymbols().map((symbol, id) => [symbol, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: steering.map((name, i) => ({
      id: 256 + i,
      content: `<|${name}|>`,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges: [] },
  };
}

export const toyTokenizer = (multilingual = true): SpeechTokenizer =>
  speechTokenizer(toyTokenizerJson(), multilingual);
