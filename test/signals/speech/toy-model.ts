import type { LogMel } from '../../../src/signals/speech/log-mel.js';
import type {
  EncodedWindows,
  SpeechModel,
  SpeechShape,
  TokenDecoding,
} from '../../../src/signals/speech/session.js';

/** What a window and the tokens so far lead to: one number for each entry of the vocabulary. */
export type Logits = (window: number, tokens: readonly number[]) => number[];

export const TOY_SHAPE: SpeechShape = {
  melBins: 4,
  vocabulary: 256 + 11 + 51,
  audioPositions: 50, // 0.6 s each
  textPositions: 64,
};

/**
 * A model without weights. It keeps the tokens of every row as its cache, so a wrong reordering shows as wrong
 * logits. A window's number is its first mel value.
 */
export class ToyModel implements SpeechModel {
  readonly name = 'toy@1';
  readonly shape = TOY_SHAPE;
  /** Windows that were encoded, in order, and decodings that were not released. */
  readonly encoded: number[] = [];
  open = 0;
  /** Rows of every run of the decoder. */
  readonly rows: number[] = [];

  constructor(readonly logits: Logits) {}

  async encode(mel: Float32Array, windows: number): Promise<EncodedWindows> {
    const ids = Array.from({ length: windows }, (_, i) => mel[(i * mel.length) / windows]!);
    this.encoded.push(...ids);
    this.open++;
    return {
      windows,
      decode: (windowOfRow) => this.#decode(windowOfRow.map((row) => ids[row]!)),
      release: () => {
        this.open--;
      },
    };
  }

  #decode(windowIds: number[]): TokenDecoding {
    let rows = windowIds.map((window) => ({ window, tokens: [] as number[] }));
    this.open++;
    return {
      feed: async (tokens, length, positions) => {
        this.rows.push(rows.length);
        if (tokens.length !== rows.length * length) throw new Error('tokens do not fill the rows');
        const out: number[] = [];
        for (const [i, row] of rows.entries()) {
          const fed = [...tokens.subarray(i * length, (i + 1) * length)];
          for (const position of positions) {
            out.push(...this.logits(row.window, [...row.tokens, ...fed.slice(0, position + 1)]));
          }
          row.tokens = [...row.tokens, ...fed];
          if (row.tokens.length > this.shape.textPositions) throw new Error('no positions left');
        }
        return Float32Array.from(out);
      },
      select: (chosen) => {
        rows = chosen.map((row) => ({ ...rows[row]! }));
      },
      release: () => {
        this.open--;
      },
    };
  }

  async close(): Promise<void> {}
}

const UNMIXED = 0x811c9dc5;

function mixed(state: number, value: number): number {
  let next = Math.imul(state ^ (value + 0x9e37), 0x01000193);
  next ^= next >>> 15;
  next = Math.imul(next, 0x2c1b3c6d);
  return next ^ (next >>> 12);
}

const share = (state: number) => (state >>> 0) / 2 ** 32;

/** A number in [0, 1) that depends on every input. */
export const hashed = (...values: number[]): number => share(values.reduce(mixed, UNMIXED));

/**
 * Logits that look like noise and still lead to lines: letters, times that move on, ends that become likelier,
 * hardly ever a control character or a language.
 * Numbers are float32, as a model's.
 */
export function noisyLogits(seed: number, spread = 4): Logits {
  return (window, tokens) => {
    const state = tokens.reduce((sum, token, i) => Math.trunc(hashed(sum, token, i) * 2 ** 31), seed);
    const before = [seed, window, state].reduce(mixed, UNMIXED);
    return Array.from({ length: TOY_SHAPE.vocabulary }, (_, token) => {
      const noise = spread * share(mixed(before, token));
      const letter = token >= 97 && token <= 122 ? 2 : 0;
      const time = token >= 267 ? 1.5 - Math.abs(token - 267 - tokens.length) * 0.1 : 0;
      const end = token === 256 ? tokens.length * 0.12 : 0;
      const control = token < 32 || (token >= 258 && token <= 260) ? -30 : 0;
      return Math.fround(noise + letter + time + end + control);
    });
  };
}

/** Frames whose first bin is the frame's own number, so that a window tells the toy model where it begins. */
export function countingMel(frames: number): LogMel {
  const values = new Float32Array(frames * TOY_SHAPE.melBins);
  for (let frame = 0; frame < frames; frame++) values[frame * TOY_SHAPE.melBins] = frame;
  return { bins: TOY_SHAPE.melBins, frames, values };
}
