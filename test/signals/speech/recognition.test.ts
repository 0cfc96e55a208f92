import { expect, test } from 'vitest';
import type { SpeechGate } from '../../../src/signals/speech/gate.js';
import { isPhantom } from '../../../src/signals/speech/phantoms.js';
import { RECOGNITION_DEFAULTS, recogniseSpeech } from '../../../src/signals/speech/recognition.js';
import { type Logits, TOY_SHAPE, ToyModel } from './toy-model.js';
import { toyTokenizer } from './toy-tokenizer.js';

const tokenizer = toyTokenizer();
const { steering } = tokenizer;
const context = { signal: new AbortController().signal, progress: () => {} };
const OPTIONS = { ...RECOGNITION_DEFAULTS, language: 'en' };
const SECONDS = 60;

/** A gate that hears speech with a probability, from and to a second. */
function heard(...stretches: [number, number, number][]): SpeechGate {
  return {
    name: 'silero',
    probabilities: async (samples) =>
      Float32Array.from({ length: Math.ceil(samples.length / 512) }, (_, frame) => {
        const second = frame * 0.032;
        return stretches.find(([from, to]) => second >= from && second < to)?.[2] ?? 0;
      }),
    close: async () => {},
  };
}

/** Says the same lines in every window, each from and to an encoder position of 0.6 s. */
function saying(...lines: [number, number, string][]): Logits {
  const script = [
    ...lines.flatMap(([from, to, text]) => [
      steering.timestampBegin + from,
      ...tokenizer.encode(text),
      steering.timestampBegin + to,
    ]),
    steering.endOfText,
  ];
  return (_, tokens) => {
    const sampled = tokens.length - tokens.indexOf(steering.startOfTranscript) - 3;
    return Array.from({ length: TOY_SHAPE.vocabulary }, (__, id) => (id === script[sampled] ? 30 : 0));
  };
}

const recognise = (gate: SpeechGate, logits: Logits, options = OPTIONS) => {
  const model = new ToyModel(logits);
  const samples = new Float32Array(16_000 * SECONDS);
  return recogniseSpeech(samples, { gate, model, tokenizer }, options, context);
};

test('lines come back at their place in the sound, though only the speech was listened to', async () => {
  const gate = heard([10, 14, 0.95], [40, 44, 0.95]);
  const { lines, windows, speechShare, language } = await recognise(
    gate,
    saying([1, 7, 'first'], [9, 14, 'second']),
  );
  expect(windows).toBe(1);
  expect(language).toBe('en');
  expect(speechShare).toBeCloseTo(8 / 60, 2);
  // The reel is 9.6 … 14.4 and 39.6 … 44.4: the second line begins 0.6 s into its second piece.
  expect(lines.map(({ text }) => text)).toEqual(['first', 'second']);
  expect(lines[0]).toMatchObject({ kind: 'SPEECH', speaker: null });
  expect(lines[0]!.startSeconds).toBeCloseTo(10.2, 1);
  expect(lines[0]!.endSeconds).toBeCloseTo(13.8, 1);
  expect(lines[1]!.startSeconds).toBeCloseTo(40.2, 1);
  expect(lines[1]!.endSeconds).toBeCloseTo(43.2, 1);
  for (const { confidence } of lines) expect(confidence).toBeGreaterThan(0.99);
});

test('windows of more speech than one holds are decoded together', async () => {
  const model = new ToyModel(saying([1, 7, 'said']));
  const samples = new Float32Array(16_000 * 120);
  const gate = heard([10, 60, 0.95], [90, 110, 0.95]);
  const { lines } = await recogniseSpeech(samples, { gate, model, tokenizer }, OPTIONS, context);
  expect(lines.map(({ startSeconds }) => Math.round(startSeconds))).toEqual([10, 39, 90]);
  expect(new Set(model.rows)).toEqual(new Set([3]));
});

test('a sound without speech never reaches the recogniser', async () => {
  const unreachable: Logits = () => {
    throw new Error('was asked');
  };
  const recognition = await recognise(heard([20, 21, 0.6]), unreachable);
  expect(recognition).toMatchObject({ lines: [], windows: 0, language: null, languageProbability: 0 });
});

test('words that the model makes up behind the speech are dropped', async () => {
  const { lines } = await recognise(heard([10, 14, 0.95]), saying([1, 7, 'said'], [20, 24, 'made-up']));
  expect(lines.map(({ text }) => text)).toEqual(['said']);
});

test('a known phantom is dropped where the voice is unsure and kept where it is sure', async () => {
  const says = saying([1, 3, 'hello'], [9, 11, 'You.']);
  const unsure = await recognise(heard([10, 12, 0.95], [14, 17, 0.6]), says);
  expect(unsure.lines.map(({ text }) => text)).toEqual(['hello']);
  const sure = await recognise(heard([10, 12, 0.95], [14, 17, 0.95]), says);
  expect(sure.lines.map(({ text }) => text)).toEqual(['hello', 'You.']);
});

test('phantoms are known by their words in any case and punctuation', () => {
  for (const text of [
    'Thank you.',
    'THANKS FOR WATCHING!',
    ' you',
    'Untertitel der Amara.org-Community',
    '...',
    '♪',
  ]) {
    expect(isPhantom(text, 0.3)).toBe(true);
  }
  expect(isPhantom('Thank you.', 0.9)).toBe(false);
  expect(isPhantom('Thank you for the fish.', 0.1)).toBe(false);
});

test('where subtitles know the words, only the gaps are listened to', async () => {
  const gate = heard([10, 14, 0.95], [40, 44, 0.95]);
  const options = { ...OPTIONS, known: [{ startSeconds: 9, endSeconds: 15 }] };
  const { lines } = await recognise(gate, saying([1, 6, 'new']), options);
  expect(lines.map(({ text, startSeconds }) => [text, Math.round(startSeconds)])).toEqual([['new', 40]]);
});
