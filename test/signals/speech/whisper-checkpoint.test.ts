import { mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LogMel, logMel, WINDOW_FRAMES } from '../../../src/signals/speech/log-mel.js';
import { closeRecogniser, openRecogniser } from '../../../src/signals/speech/recogniser.js';
import { RECOGNITION_DEFAULTS, recogniseSpeech } from '../../../src/signals/speech/recognition.js';
import { transcribe } from '../../../src/signals/speech/transcription.js';
import { Whisper } from '../../../src/signals/whisper.js';
import { whisperDims } from '../../inference/architectures.js';
import {
  gaussian,
  type RandomCheckpoint,
  seeded,
  writeCheckpoint,
} from '../../inference/random-checkpoint.js';
import { whisperDecoder, whisperEncoder } from '../../inference/reference/whisper.js';
import { type ReferenceIds, referenceTranscribe } from './reference.js';
import { toyTokenizer, toyTokenizerJson } from './toy-tokenizer.js';

const config = {
  model_type: 'whisper',
  d_model: 12,
  num_mel_bins: 80,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 20,
  decoder_layers: 2,
  decoder_attention_heads: 2,
  decoder_ffn_dim: 20,
  max_source_positions: 1500,
  max_target_positions: 22,
  vocab_size: 267 + 1501, // bytes and steering tokens, then the times of a window
  activation_function: 'gelu',
};
const tokenizer = toyTokenizer();
const { steering } = tokenizer;
const IDS: ReferenceIds = {
  ...steering,
  never: [
    ...steering.nonSpeech,
    steering.startOfTranscript,
    steering.startOfPrevious,
    steering.startOfLanguageModel,
    steering.translate,
    steering.transcribe,
    steering.noSpeech,
    steering.noTimestamps,
  ],
};

const cacheFolder = mkdtempSync(path.join(tmpdir(), 'marquee-whisper-'));
const openOptions = { name: 'random', precision: 'float32' as const, cacheFolder, threads: 1 };
let checkpoint: RandomCheckpoint;
let whisper: Whisper;
beforeAll(async () => {
  checkpoint = await writeCheckpoint(config, whisperDims(config), { seed: 8 });
  whisper = await Whisper.open(checkpoint.folder, openOptions);
});
afterAll(async () => {
  await whisper.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

/** The window's mel values as the reference's encoder reads them: a row for each bin, zeros behind the clip. */
function melRows(mel: LogMel, start: number, end: number): Float64Array[] {
  return Array.from({ length: mel.bins }, (_, bin) =>
    Float64Array.from({ length: WINDOW_FRAMES }, (_frame, i) =>
      start + i < end ? mel.values[(start + i) * mel.bins + bin]! : 0,
    ),
  );
}

const knownStates = new Map<number, Float64Array[]>();

/** The reference's encoder, run once for a window of both tests' one sound. */
function statesOf(mel: LogMel, start: number, clipEnd: number): Float64Array[] {
  const states =
    knownStates.get(start) ??
    whisperEncoder(checkpoint.tensors, config, melRows(mel, start, Math.min(start + WINDOW_FRAMES, clipEnd)));
  knownStates.set(start, states);
  return states;
}

test.each([
  { beams: 1, conditionOnPrevious: true },
  { beams: 3, conditionOnPrevious: false },
])(
  'a checkpoint says token for token what its float64 reference says, $beams beams',
  {
    timeout: 60_000,
  },
  async (options) => {
    const random = seeded(4);
    const samples = Float32Array.from(
      { length: 16_000 * 40 },
      (_, i) => 0.1 * gaussian(random) * Math.sin(i / 9000),
    );
    const mel = logMel(samples, 80);
    const clips = [
      { startFrame: 0, endFrame: 2400 },
      { startFrame: 2400, endFrame: 4000 },
    ];
    const temperatures = [0];
    const heard = await transcribe(
      whisper,
      tokenizer,
      mel,
      clips,
      { ...RECOGNITION_DEFAULTS, ...options, temperatures, language: 'fr', noSpeechLimit: 1 },
      { signal: new AbortController().signal, progress: () => {} },
    );
    const clipEnd = (frame: number) => clips.find(({ endFrame }) => frame < endFrame)!.endFrame;
    const expected = referenceTranscribe(
      (startFrame) => {
        const states = statesOf(mel, startFrame, clipEnd(startFrame));
        return (prefix) => [...whisperDecoder(checkpoint.tensors, config, states, prefix).at(-1)!];
      },
      clips,
      IDS,
      steering.languages.get('fr')!,
      (tokens) => tokenizer.decode(tokens),
      {
        ...options,
        temperature: 0,
        temperatures,
        answers: 1,
        stride: 2,
        latestFirstTime: 50,
        textPositions: config.max_target_positions,
        random: () => () => 0,
      },
    );
    const text = (tokens: number[]) => tokenizer.decode(tokens).trim();
    expected.lines.sort((a, b) => a.start - b.start);
    expect(expected.lines.length).toBeGreaterThan(1);
    expect(heard.windows).toBe(expected.windows.length);
    expect(
      heard.lines.map((line) => [line.text, line.startSeconds.toFixed(2), line.endSeconds.toFixed(2)]),
    ).toEqual(
      expected.lines.map((line) => [
        text(line.tokens),
        (line.start / 50).toFixed(2),
        (line.end / 50).toFixed(2),
      ]),
    );
  },
);

test('a checkpoint folder opens as what listens, with loudness for a gate where Silero is absent', async () => {
  await writeFile(path.join(checkpoint.folder, 'tokenizer.json'), JSON.stringify(toyTokenizerJson()));
  const files = { checkpointFolder: checkpoint.folder, sileroFile: null };
  const recogniser = await openRecogniser(files, openOptions);
  const samples = Float32Array.from(
    { length: 16_000 * 5 },
    (_, i) => (i > 32_000 ? 0.2 : 0.001) * Math.sin(i * 0.3),
  );
  const context = { signal: new AbortController().signal, progress: () => {} };
  const recognition = await recogniseSpeech(samples, recogniser, RECOGNITION_DEFAULTS, context);
  await closeRecogniser(recogniser);
  expect(recognition).toMatchObject({ gate: 'energy', language: 'en' });
  expect(recognition.windows).toBeGreaterThan(0);
  for (const { startSeconds, endSeconds } of recognition.lines) {
    expect(startSeconds).toBeGreaterThanOrEqual(1.6);
    expect(endSeconds).toBeLessThanOrEqual(5);
  }
});

test('a checkpoint without its tokenizer is refused with what to do', async () => {
  await rm(path.join(checkpoint.folder, 'tokenizer.json'), { force: true });
  const files = { checkpointFolder: checkpoint.folder, sileroFile: null };
  await expect(openRecogniser(files, openOptions)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
});
