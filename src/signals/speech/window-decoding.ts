import { deflateSync } from 'node:zlib';
import { beamSearch } from './beam.js';
import { type Branch, bestOf, EMPTY, type Hypothesis, type TokenSearch } from './hypothesis.js';
import { logitRules, logSumOfExponentials } from './logit-rules.js';
import { randomStream } from './random.js';
import { sampling } from './sampling.js';
import type { EncodedWindows, SpeechShape, TokenDecoding } from './session.js';
import type { SpeechTokenizer } from './tokenizer.js';

/** Seconds of a window, and the latest second at which its first line may begin. */
export const WINDOW_SECONDS = 30;
const MAX_INITIAL_SECONDS = 1;

/** One window to be decoded. */
export interface WindowTask {
  /** Which of the encoded windows. */
  window: number;
  /** What the decoder is told before it answers; see `promptOf`. Windows of one batch have prompts of one length. */
  prompt: readonly number[];
  /** Tells this window's random numbers from those of others. */
  seed: number;
}

export interface SearchOptions {
  /** 0: the likeliest tokens, by beam search where `beams` is more than 1. Above 0: random ones. */
  temperature: number;
  beams: number;
  /** Answers that are drawn at a temperature above 0; the likeliest is kept. */
  answers: number;
}

/** What one window says. */
export interface WindowAnswer {
  /** Words and times, without the prompt and the end of text. */
  tokens: readonly number[];
  /** One a token: natural logarithm of its probability. */
  logProbabilities: readonly number[];
  text: string;
  /** Mean natural logarithm a token, the end of text counted. */
  averageLogProbability: number;
  /** Probability of `<|nospeech|>` right after `<|startoftranscript|>`. */
  noSpeechProbability: number;
  /** Bytes of the text by bytes of the text compressed: above 2.4 it repeats itself. */
  compressionRatio: number;
  temperature: number;
}

/** A window on its way: its search, its live hypotheses, one decoder row each, and the first one's place. */
interface Progress {
  task: WindowTask;
  search: TokenSearch;
  live: Hypothesis[];
  noSpeechProbability: number;
}

/**
 * The tokens before an answer: what was said before (as much of its end as fits into half the positions), then
 * the start of the transcript, the language and the task.
 *
 * @param language id of the language's token; null for English-only checkpoints
 */
export function promptOf(
  previous: readonly number[],
  language: number | null,
  { steering }: SpeechTokenizer,
  shape: SpeechShape,
): number[] {
  const kept = previous.slice(-(Math.floor(shape.textPositions / 2) - 1));
  return [
    ...(kept.length > 0 ? [steering.startOfPrevious, ...kept] : []),
    steering.startOfTranscript,
    ...(language === null ? [] : [language, steering.transcribe]),
  ];
}

/**
 * Decodes windows at one temperature as one batch, as `DecodingTask` of `whisper/decoding.py` does for each of
 * them: at most half the decoder's positions are sampled.
 *
 * @returns one answer a task, in their order
 * @throws the AbortSignal's reason, between two steps of the decoder
 */
export async function decodeWindows(
  encoded: EncodedWindows,
  tasks: readonly WindowTask[],
  { tokenizer, shape }: { tokenizer: SpeechTokenizer; shape: SpeechShape },
  options: SearchOptions,
  signal: AbortSignal,
): Promise<WindowAnswer[]> {
  const decoding = encoded.decode(tasks.map((task) => task.window));
  try {
    const progress = tasks.map((task) => begin(task, options, tokenizer.steering.endOfText));
    await search(decoding, progress, tokenizer, shape, signal);
    return progress.map((window) => answerOf(window, tokenizer, options.temperature));
  } finally {
    decoding.release();
  }
}

function begin(task: WindowTask, options: SearchOptions, endOfText: number): Progress {
  const { temperature, beams, answers } = options;
  const random = randomStream(task.seed, Math.round(temperature * 1000));
  const search =
    temperature === 0 && beams > 1
      ? beamSearch(beams, endOfText)
      : sampling(temperature, temperature === 0 ? 1 : answers, random, endOfText);
  return { task, search, live: [EMPTY], noSpeechProbability: 0 };
}

async function search(
  decoding: TokenDecoding,
  progress: readonly Progress[],
  tokenizer: SpeechTokenizer,
  shape: SpeechShape,
  signal: AbortSignal,
): Promise<void> {
  const { steering } = tokenizer;
  const rules = logitRules(
    steering,
    Math.round((MAX_INITIAL_SECONDS / WINDOW_SECONDS) * shape.audioPositions),
  );
  const promptLength = progress[0]!.task.prompt.length;
  const prompts = Int32Array.from(progress.flatMap(({ task }) => task.prompt));
  const start = progress[0]!.task.prompt.indexOf(steering.startOfTranscript);
  const promptLogits = await decoding.feed(prompts, promptLength, [start, promptLength - 1]);
  const rowPairs = rowsOf(promptLogits, shape.vocabulary);
  for (const [i, window] of progress.entries()) {
    window.noSpeechProbability = probability(rowPairs[2 * i]!, steering.noSpeech);
  }
  let logits = rowPairs.filter((_, i) => i % 2 === 1);

  const room = Math.min(Math.floor(shape.textPositions / 2), shape.textPositions - promptLength + 1);
  for (let sampled = 0; ; ) {
    signal.throwIfAborted();
    const sources = advance(progress, logits, rules.apply);
    sampled++;
    if (sources.length === 0 || sampled >= room) return;
    decoding.select(sources);
    const latest = progress.flatMap(({ live }) => live.map((hypothesis) => hypothesis.tokens.at(-1)!));
    logits = rowsOf(await decoding.feed(Int32Array.from(latest), 1, [0]), shape.vocabulary);
  }
}

/** Moves every window one token on; gives the rows that the decoder has to carry on. */
function advance(
  progress: readonly Progress[],
  logits: readonly Float32Array[],
  applyRules: (logits: Float32Array, sampled: readonly number[]) => void,
): number[] {
  const sources: number[] = [];
  let firstRow = 0;
  for (const window of progress) {
    const rows = logits.slice(firstRow, firstRow + window.live.length);
    const branches: Branch[] = [];
    if (rows.length > 0) {
      for (const [i, row] of rows.entries()) applyRules(row, window.live[i]!.tokens);
      branches.push(...window.search.advance(window.live, rows));
    }
    for (const branch of branches) sources.push(firstRow + branch.source);
    firstRow += window.live.length;
    window.live = branches.map((branch) => branch.hypothesis);
  }
  return sources;
}

function answerOf(window: Progress, tokenizer: SpeechTokenizer, temperature: number): WindowAnswer {
  const best = bestOf(window.search.candidates(window.live));
  const text = tokenizer.decode(best.tokens).trim();
  return {
    tokens: best.tokens,
    logProbabilities: best.logProbabilities.slice(0, best.tokens.length),
    text,
    averageLogProbability: best.sum / (best.tokens.length + 1),
    noSpeechProbability: window.noSpeechProbability,
    compressionRatio: compressionRatio(text),
    temperature,
  };
}

export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length / deflateSync(bytes).length;
}

function probability(logits: Float32Array, token: number): number {
  return Math.exp(logits[token]! - logSumOfExponentials(logits));
}

function rowsOf(logits: Float32Array, vocabulary: number): Float32Array[] {
  return Array.from({ length: logits.length / vocabulary }, (_, row) =>
    logits.subarray(row * vocabulary, (row + 1) * vocabulary),
  );
}
