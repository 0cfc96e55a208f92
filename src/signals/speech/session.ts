/** Sizes of a checkpoint, from its `config.json`. */
export interface SpeechShape {
  /** 80, or 128 for large-v3 and its kin. */
  melBins: number;
  vocabulary: number;
  /** Positions that the encoder gives for a window of 30 s: 1,500. */
  audioPositions: number;
  /** Positions that the decoder has for prompt and answer together: 448. */
  textPositions: number;
}

/**
 * The graphs of one Whisper checkpoint as the decoding loop needs them. Runs block their thread, so the loop and
 * its model live in a worker thread together: a step's logits (rows × 51,865 numbers) never cross threads.
 */
export interface SpeechModel {
  /** Name and version, for example `openai/whisper-base@e378…`. */
  readonly name: string;
  readonly shape: SpeechShape;
  /**
   * Runs the encoder.
   * @param mel windows × melBins × 3,000 values, as `melWindow` writes them
   */
  encode(mel: Float32Array, windows: number): Promise<EncodedWindows>;
  close(): Promise<void>;
}

/** What the encoder made of some windows; may be decoded several times, at several temperatures. */
export interface EncodedWindows {
  readonly windows: number;
  /**
   * Begins one sequence for each entry of `windowOfRow`, each with an empty key/value cache.
   * @param windowOfRow the window that a row listens to
   */
  decode(windowOfRow: readonly number[]): TokenDecoding;
  release(): void;
}

/** Sequences that grow together, each with its keys and values of what it was fed. */
export interface TokenDecoding {
  /**
   * Appends `length` tokens to every row and runs the decoder over them.
   *
   * @param tokens rows × length
   * @param positions which of the fed positions' logits are wanted, 0 … length − 1
   * @returns rows × positions.length × vocabulary; the caller may write into it, and the next feed may reuse it
   */
  feed(tokens: Int32Array, length: number, positions: readonly number[]): Promise<Float32Array>;
  /**
   * Makes row i continue what row `rows[i]` was: rows can be repeated (beams), reordered and left out (finished).
   * What a row listens to goes with it.
   */
  select(rows: readonly number[]): void;
  release(): void;
}
