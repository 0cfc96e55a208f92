import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/signals/speech/random.js';
import { decodeWindows, promptOf } from '../../../src/signals/speech/window-decoding.js';
import { type ReferenceIds, referenceDecode } from './reference.js';
import { hashed, type Logits, noisyLogits, TOY_SHAPE, ToyModel } from './toy-model.js';
import { toyTokenizer } from './toy-tokenizer.js';

const tokenizer = toyTokenizer();
const { steering } = tokenizer;
const EN = steering.languages.get('en')!;
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
const LATEST_FIRST_TIME = 2; // 1 s of 0.6 s each, rounded
const never = new AbortController().signal;

async function decoded(
  logits: Logits,
  windows: number[],
  options: { temperature: number; beams: number; answers: number },
  previous: number[] = [],
) {
  const model = new ToyModel(logits);
  const mel = Float32Array.from(windows.flatMap((window) => [window, 0]));
  const encoded = await model.encode(mel, windows.length);
  const prompt = promptOf(previous, EN, tokenizer, TOY_SHAPE);
  const tasks = windows.map((seed, window) => ({ window, prompt, seed }));
  const answers = await decodeWindows(encoded, tasks, { tokenizer, shape: TOY_SHAPE }, options, never);
  encoded.release();
  return { answers, prompt, model };
}

function expected(
  logits: Logits,
  window: number,
  prompt: number[],
  options: { temperature: number; beams: number; answers: number },
) {
  return referenceDecode((prefix) => logits(window, prefix), prompt, IDS, {
    ...options,
    random: randomStream(window, Math.round(options.temperature * 1000)),
    latestFirstTime: LATEST_FIRST_TIME,
    textPositions: TOY_SHAPE.textPositions,
  });
}

const searches = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  spread: fc.constantFrom(1, 4, 9),
  windows: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 3 }),
  previous: fc.array(fc.integer({ min: 97, max: 122 }), { maxLength: 40 }),
});

describe('decoding is token for token that of a plain float64 reference', () => {
  test.each([
    ['greedily', { temperature: 0, beams: 1, answers: 5 }],
    ['with three beams', { temperature: 0, beams: 3, answers: 5 }],
    ['with five beams', { temperature: 0, beams: 5, answers: 1 }],
    ['drawing one answer', { temperature: 0.4, beams: 5, answers: 1 }],
    ['drawing the best of three answers', { temperature: 1, beams: 5, answers: 3 }],
  ])('%s', async (_, options) => {
    await fc.assert(
      fc.asyncProperty(searches, async ({ seed, spread, windows, previous }) => {
        const logits = noisyLogits(seed, spread);
        const { answers, prompt } = await decoded(logits, windows, options, previous);
        for (const [i, window] of windows.entries()) {
          const reference = expected(logits, window, prompt, options);
          expect(answers[i]!.tokens).toEqual(reference.tokens);
          expect(answers[i]!.averageLogProbability).toBeCloseTo(reference.averageLogProbability, 10);
          expect(answers[i]!.noSpeechProbability).toBeCloseTo(reference.noSpeechProbability, 12);
        }
      }),
      { numRuns: 20, seed: 5 },
    );
  });
});

test('every answer keeps the rules of times: pairs that never decrease, words between them, an early first one', async () => {
  await fc.assert(
    fc.asyncProperty(searches, fc.constantFrom(0, 0.8), async ({ seed, windows }, temperature) => {
      const { answers } = await decoded(noisyLogits(seed, 9), windows, { temperature, beams: 1, answers: 2 });
      for (const { tokens } of answers) {
        const times = tokens.filter((token) => token >= steering.timestampBegin);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(tokens[0]! - steering.timestampBegin).toBeOneOf([0, 1, 2]);
        const kinds = tokens.map((token) => (token >= steering.timestampBegin ? 'T' : 'w')).join('');
        expect(kinds).toMatch(/^Tw+(TTw+)*(TT?)?$/);
        expect(tokens.filter((token) => steering.nonSpeech.includes(token))).toEqual([]);
      }
    }),
    { numRuns: 25, seed: 7 },
  );
});

test('what a window says does not depend on the windows that it was batched with', async () => {
  const logits = noisyLogits(11);
  for (const options of [
    { temperature: 0, beams: 4, answers: 1 },
    { temperature: 0.6, beams: 1, answers: 3 },
  ]) {
    const together = await decoded(logits, [1, 2, 3, 4], options);
    for (const [i, window] of [1, 2, 3, 4].entries()) {
      const alone = await decoded(logits, [window], options);
      expect(together.answers[i]).toEqual(alone.answers[0]);
    }
  }
});

test('rows that have ended leave the batch', async () => {
  const logits: Logits = (window, tokens) => {
    const out = new Array<number>(TOY_SHAPE.vocabulary).fill(0);
    out[tokens.length < 4 ? steering.timestampBegin : tokens.length < 4 + window ? 97 : steering.endOfText] =
      20;
    return out;
  };
  const { answers, model } = await decoded(logits, [2, 5], { temperature: 0, beams: 1, answers: 1 });
  expect(answers.map(({ text }) => text)).toEqual(['aa', 'aaaaa']);
  expect(model.rows).toEqual([2, 2, 2, 2, 1, 1, 1]);
  expect(model.open).toBe(0);
});

test('an answer is at most half the positions long and never runs over them', async () => {
  const endless: Logits = (_, tokens) =>
    Array.from({ length: TOY_SHAPE.vocabulary }, (__, token) => {
      if (tokens.length < 4) return token === steering.timestampBegin ? 9 : 0;
      return token === 97 + (tokens.length % 26) ? 9 : 0;
    });
  const previous = Array.from({ length: 100 }, () => 97);
  const options = { temperature: 0, beams: 1, answers: 1 };
  const free = await decoded(endless, [1], options);
  expect(free.answers[0]!.tokens).toHaveLength(32);
  const told = await decoded(endless, [1], options, previous);
  expect(told.prompt).toHaveLength(1 + 31 + 3);
  expect(told.answers[0]!.tokens).toHaveLength(64 - 35 + 1);
});

test('random answers follow the probabilities at their temperature', async () => {
  const odds = [3, 2, 1];
  const logits: Logits = (_, tokens) => {
    const out = new Array<number>(TOY_SHAPE.vocabulary).fill(-50);
    if (tokens.length < 4) out[steering.timestampBegin] = 50;
    else if (tokens.length > 4) out[steering.endOfText] = 50;
    else for (const [i, odd] of odds.entries()) out[97 + i] = Math.log(odd);
    return out;
  };
  const windows = Array.from({ length: 2000 }, (_, i) => i + 1);
  const { answers } = await decoded(logits, windows, { temperature: 0.5, beams: 1, answers: 1 });
  const share = (letter: string) => answers.filter(({ text }) => text === letter).length / windows.length;
  // p ∝ odds^(1 / 0.5): 9, 4 and 1 of 14; four standard errors of 2,000 draws are 0.043.
  expect(Math.abs(share('a') - 9 / 14)).toBeLessThan(0.043);
  expect(Math.abs(share('b') - 4 / 14)).toBeLessThan(0.043);
  expect(Math.abs(share('c') - 1 / 14)).toBeLessThan(0.043);
});

test('beams find a likelier answer than the greedy way where the first word misleads', async () => {
  const logits: Logits = (_, tokens) => {
    const out = new Array<number>(TOY_SHAPE.vocabulary).fill(-50);
    const words = tokens.slice(4);
    if (tokens.length < 4) out[steering.timestampBegin] = 50;
    else if (words.length === 0) {
      out[97] = 1;
      out[98] = 0.9;
    } else if (words.length < 6 && words[0] === 97)
      for (let token = 97; token < 117; token++) out[token] = hashed(token);
    else out[words.length < 6 ? 99 : steering.endOfText] = 20;
    return out;
  };
  const greedy = await decoded(logits, [1], { temperature: 0, beams: 1, answers: 1 });
  const beams = await decoded(logits, [1], { temperature: 0, beams: 2, answers: 1 });
  expect(greedy.answers[0]!.text[0]).toBe('a');
  expect(beams.answers[0]!.text).toBe('bccccc');
});

test('a cancelled decoding stops at the next step and lets its cache go', async () => {
  const abort = new AbortController();
  let steps = 0;
  const model = new ToyModel((window, tokens) => {
    if (++steps === 10) abort.abort();
    return noisyLogits(3)(window, tokens);
  });
  const encoded = await model.encode(Float32Array.of(1), 1);
  const prompt = promptOf([], EN, tokenizer, TOY_SHAPE);
  const options = { temperature: 0, beams: 1, answers: 1 };
  const task = { window: 0, prompt, seed: 0 };
  await expect(
    decodeWindows(encoded, [task], { tokenizer, shape: TOY_SHAPE }, options, abort.signal),
  ).rejects.toThrow('aborted');
  expect(steps).toBe(10);
  encoded.release();
  expect(model.open).toBe(0);
});
