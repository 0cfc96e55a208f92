import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RECOGNITION_DEFAULTS } from '../../../src/signals/speech/recognition.js';
import { transcribe } from '../../../src/signals/speech/transcription.js';
import { decodeWindows, promptOf } from '../../../src/signals/speech/window-decoding.js';
import { countingMel, noisyLogits, TOY_SHAPE, ToyModel } from './toy-model.js';
import { toyTokenizer } from './toy-tokenizer.js';

/** A window as the authors' code decoded it; written by openai-whisper/answers.py. */
interface AuthorsWindow {
  seed: number;
  spread: number;
  window: number;
  previous: number[];
  temperature: number;
  beams: number;
  answers: number;
  tokens: number[];
  averageLogProbability: number;
  noSpeechProbability: number;
}

/** A sound as the authors' code transcribed it: clips in frames, lines as start, end, text. */
interface AuthorsSound {
  seed: number;
  spread: number;
  clips: [number, number][];
  beams: number;
  conditionOnPrevious: boolean;
  lines: [number, number, string][];
}

function authors<Row>(name: string): Row[] {
  const rows = readFileSync(new URL(`openai-whisper/${name}.jsonl`, import.meta.url), 'utf8');
  return rows
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
}

const tokenizer = toyTokenizer();
const signal = new AbortController().signal;

test("windows are decoded token for token as by the authors' code", async () => {
  const windows = authors<AuthorsWindow>('windows');
  expect(windows).toHaveLength(120);
  for (const expected of windows) {
    const model = new ToyModel(noisyLogits(expected.seed, expected.spread));
    const encoded = await model.encode(Float32Array.of(expected.window), 1);
    const prompt = promptOf(expected.previous, tokenizer.steering.languages.get('en')!, tokenizer, TOY_SHAPE);
    const tasks = [{ window: 0, prompt, seed: expected.window }];
    const heard = { tokenizer, shape: TOY_SHAPE };
    const [answer] = await decodeWindows(encoded, tasks, heard, expected, signal);
    expect(answer!.tokens).toEqual(expected.tokens);
    expect(answer!.averageLogProbability).toBeCloseTo(expected.averageLogProbability, 5);
    expect(answer!.noSpeechProbability).toBeCloseTo(expected.noSpeechProbability, 7);
  }
});

test("whole sounds get the lines and times of the authors' code", async () => {
  const sounds = authors<AuthorsSound>('sounds');
  expect(sounds).toHaveLength(24);
  for (const expected of sounds) {
    const model = new ToyModel(noisyLogits(expected.seed, expected.spread));
    const clips = expected.clips.map(([startFrame, endFrame]) => ({ startFrame, endFrame }));
    const { beams, conditionOnPrevious } = expected;
    const { lines } = await transcribe(
      model,
      tokenizer,
      countingMel(clips.at(-1)!.endFrame),
      clips,
      { ...RECOGNITION_DEFAULTS, language: 'de', beams, answers: 2, conditionOnPrevious, batch: 1 },
      { signal, progress: () => {} },
    );
    const rounded = (seconds: number) => Number(seconds.toFixed(6));
    expect(
      lines.map(({ startSeconds, endSeconds, text }) => [rounded(startSeconds), rounded(endSeconds), text]),
    ).toEqual(expected.lines.map(([start, end, text]) => [rounded(start), rounded(end), text]));
  }
});
