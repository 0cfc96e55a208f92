import { decodeWithFallback, type FallbackRules, isSilence } from './fallback.js';
import { type DetectedLanguage, detectLanguage, knownLanguage } from './language.js';
import { FRAMES_PER_SECOND, type LogMel, melWindow, WINDOW_FRAMES } from './log-mel.js';
import { segmentsOf } from './segments.js';
import type { EncodedWindows, SpeechModel } from './session.js';
import type { SpeechTokenizer } from './tokenizer.js';
import { promptOf, type WindowAnswer } from './window-decoding.js';

/** A stretch of log-mel frames that is decoded by itself. */
export interface Clip {
  startFrame: number;
  endFrame: number;
}

export interface TranscriptionOptions extends FallbackRules {
  /** A language code that the checkpoint knows; null: detected in the first window. */
  language: string | null;
  /** Tell each window what was said before it. The windows then wait for each other, one at a time. */
  conditionOnPrevious: boolean;
  /** Windows that are decoded together when they do not wait for each other. */
  batch: number;
  seed: number;
}

/** A line as it was heard, in seconds of the log-mel frames. */
export interface HeardLine {
  startSeconds: number;
  endSeconds: number;
  text: string;
  /** exp of the words' mean log-probability: 0 … 1. */
  confidence: number;
  /** The recogniser's own doubt: the probability that the line's window holds no speech. */
  noSpeechProbability: number;
}

export interface Transcription {
  /** By start. */
  lines: HeardLine[];
  /** Null where there was nothing to listen to. */
  language: DetectedLanguage | null;
  /** Windows that the encoder was run on. */
  windows: number;
}

/** Above this temperature an answer is too wild to be a hint for the next window. */
const HINT_TEMPERATURE_LIMIT = 0.5;

/** A clip on its way; `seek` is the next frame to be read. */
interface Reading extends Clip {
  seek: number;
}

/**
 * Transcribes clips window by window, as `whisper/transcribe.py` does with its `clip_timestamps`: each window
 * begins where the last whole line of the one before it ended, and silent windows are passed over. The language
 * is told from the first window as the decoder hears it, which saves the reference's extra run of the encoder.
 *
 * @param context `progress` is told the share of frames that were read
 * @throws the AbortSignal's reason; Failure BAD_INPUT for a language that the checkpoint does not know
 */
export async function transcribe(
  model: SpeechModel,
  tokenizer: SpeechTokenizer,
  mel: LogMel,
  clips: readonly Clip[],
  options: TranscriptionOptions,
  context: { signal: AbortSignal; progress(share: number): void },
): Promise<Transcription> {
  const transcript = new RunningTranscript(model, tokenizer, options);
  const length = (clip: Clip) => clip.endFrame - clip.startFrame;
  const total = clips.reduce((sum, clip) => sum + length(clip), 0);
  let waiting = clips.map((clip): Reading => ({ ...clip, seek: clip.startFrame }));
  while (waiting.length > 0) {
    context.signal.throwIfAborted();
    const round = waiting.slice(0, options.conditionOnPrevious ? 1 : options.batch);
    await transcript.read(mel, round, context.signal);
    waiting = waiting.filter((reading) => reading.seek < reading.endFrame);
    const left = waiting.reduce((sum, reading) => sum + reading.endFrame - reading.seek, 0);
    context.progress(1 - left / total);
  }
  return transcript.result();
}

class RunningTranscript {
  readonly #lines: HeardLine[] = [];
  #language: DetectedLanguage | null;
  /** Tokens of the lines so far, as a hint for the next window. */
  #hint: number[] = [];
  #windows = 0;
  readonly #framesPerPosition: number;

  constructor(
    readonly model: SpeechModel,
    readonly tokenizer: SpeechTokenizer,
    readonly options: TranscriptionOptions,
  ) {
    this.#framesPerPosition = WINDOW_FRAMES / model.shape.audioPositions;
    this.#language = options.language === null ? null : knownLanguage(options.language, tokenizer);
  }

  /** Reads one window of each of the clips and moves their `seek` on. */
  async read(mel: LogMel, round: readonly Reading[], signal: AbortSignal): Promise<void> {
    const encoded = await this.model.encode(melBatch(mel, round), round.length);
    this.#windows += round.length;
    try {
      this.#language ??= await detectLanguage(encoded, this.tokenizer);
      const answers = await this.#answers(encoded, round, this.#language.token, signal);
      for (const [i, reading] of round.entries()) this.#take(answers[i]!, reading);
    } finally {
      encoded.release();
    }
  }

  result(): Transcription {
    const lines = this.#lines.sort((a, b) => a.startSeconds - b.startSeconds);
    return { lines, language: this.#windows === 0 ? null : this.#language, windows: this.#windows };
  }

  #answers(
    encoded: EncodedWindows,
    round: readonly Reading[],
    language: number | null,
    signal: AbortSignal,
  ): Promise<WindowAnswer[]> {
    const { tokenizer, options } = this;
    const { shape } = this.model;
    const prompt = promptOf(this.#hint, language, tokenizer, shape);
    const tasks = round.map(({ seek }, window) => ({ window, prompt, seed: options.seed + seek }));
    return decodeWithFallback(encoded, tasks, { tokenizer, shape }, options, signal);
  }

  #take(answer: WindowAnswer, reading: Reading): void {
    const frames = windowLength(reading);
    if (isSilence(answer, this.options)) {
      reading.seek += frames;
      return;
    }
    const { segments, read } = segmentsOf(answer, frames / this.#framesPerPosition, this.tokenizer.steering);
    for (const segment of segments) {
      const text = this.tokenizer.decode(segment.tokens).trim();
      if (text === '' || segment.start === segment.end) continue;
      const seconds = (position: number) =>
        (reading.seek + position * this.#framesPerPosition) / FRAMES_PER_SECOND;
      this.#lines.push({
        startSeconds: seconds(segment.start),
        endSeconds: seconds(segment.end),
        text,
        confidence: segment.confidence,
        noSpeechProbability: answer.noSpeechProbability,
      });
      this.#hint.push(...segment.tokens);
    }
    if (!this.options.conditionOnPrevious || answer.temperature > HINT_TEMPERATURE_LIMIT) this.#hint = [];
    reading.seek += Math.round(read * this.#framesPerPosition);
  }
}

function windowLength(reading: Reading): number {
  return Math.min(WINDOW_FRAMES, reading.endFrame - reading.seek);
}

/** Windows shorter than 30 s are filled with zeros, as the reference fills them. */
function melBatch(mel: LogMel, round: readonly Reading[]): Float32Array {
  const size = mel.bins * WINDOW_FRAMES;
  const batch = new Float32Array(round.length * size);
  for (const [i, reading] of round.entries()) {
    melWindow(mel, reading.seek, windowLength(reading), batch.subarray(i * size, (i + 1) * size));
  }
  return batch;
}
