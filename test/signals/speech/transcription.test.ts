import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FALLBACK_DEFAULTS } from '../../../src/signals/speech/fallback.js';
import { randomStream } from '../../../src/signals/speech/random.js';
import { type TranscriptionOptions, transcribe } from '../../../src/signals/speech/transcription.js';
import { type ReferenceIds, referenceTranscribe } from './reference.js';
import { countingMel, type Logits, noisyLogits, TOY_SHAPE, ToyModel } from './toy-model.js';
import { toyTokenizer } from './toy-tokenizer.js';

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
const OPTIONS: TranscriptionOptions = {
  ...FALLBACK_DEFAULTS,
  language: 'de',
  conditionOnPrevious: true,
  batch: 4,
  seed: 0,
};
const context = { signal: new AbortController().signal, progress: () => {} };

/** A script: which token follows, by window and by what was sampled there. */
function scripted(
  say: (window: number, sampled: readonly number[], prompt: readonly number[]) => number,
): Logits {
  return (window, tokens) => {
    const begin = tokens.indexOf(steering.startOfTranscript) + 3;
    const token = say(window, tokens.slice(begin), tokens.slice(0, begin));
    return Array.from({ length: TOY_SHAPE.vocabulary }, (_, id) => (id === token ? 30 : 0));
  };
}
const at = (position: number) => steering.timestampBegin + position;
const letters = (text: string) => tokenizer.encode(text);

test('lines, windows and hints are those of a plain reference, over whole sounds', async () => {
  const run = fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    spread: fc.constantFrom(2, 5, 9),
    beams: fc.constantFrom(1, 3),
    conditionOnPrevious: fc.boolean(),
    lengths: fc.array(fc.integer({ min: 60, max: 5000 }), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(run, async ({ seed, spread, beams, conditionOnPrevious, lengths }) => {
      const logits = noisyLogits(seed, spread);
      const clips = lengths.map((length, i) => {
        const startFrame = lengths.slice(0, i).reduce((sum, other) => sum + other, 0);
        return { startFrame, endFrame: startFrame + length };
      });
      const temperatures = [0, 0.4, 0.8];
      const model = new ToyModel(logits);
      const mel = countingMel(clips.at(-1)!.endFrame);
      const options = { ...OPTIONS, beams, conditionOnPrevious, temperatures, answers: 2 };
      const heard = await transcribe(model, tokenizer, mel, clips, options, context);
      const reference = referenceTranscribe(
        (startFrame) => (prefix) => logits(startFrame, prefix),
        clips,
        IDS,
        steering.languages.get('de')!,
        (tokens) => tokenizer.decode(tokens),
        {
          temperature: 0,
          temperatures,
          beams,
          answers: 2,
          conditionOnPrevious,
          stride: 60,
          latestFirstTime: 2,
          textPositions: TOY_SHAPE.textPositions,
          random: (startFrame, temperature) => randomStream(startFrame, Math.round(temperature * 1000)),
        },
      );
      const expected = reference.lines.map(({ start, tokens }) => ({
        start: Number((start * 0.6).toFixed(6)),
        text: tokenizer.decode(tokens).trim(),
      }));
      const byStart = (a: { start: number }, b: { start: number }) => a.start - b.start;
      expect(
        heard.lines
          .map(({ startSeconds, text }) => ({ start: Number(startSeconds.toFixed(6)), text }))
          .sort(byStart),
      ).toEqual(expected.sort(byStart));
      expect([...model.encoded].sort((a, b) => a - b)).toEqual([...reference.windows].sort((a, b) => a - b));
      expect(model.open).toBe(0);
    }),
    { numRuns: 20, seed: 3 },
  );
});

describe('windows', () => {
  test('the next window begins where the last whole line ended, and is told what was said', async () => {
    const hints: string[] = [];
    const model = new ToyModel(
      scripted((window, sampled, prompt) => {
        if (sampled.length === 0) hints.push(tokenizer.decode(prompt));
        const script =
          window === 0
            ? [at(0), ...letters('one'), at(20), at(20), ...letters('unfin'), steering.endOfText]
            : [at(0), ...letters('unfinished'), at(15), steering.endOfText];
        return script[sampled.length]!;
      }),
    );
    const clips = [{ startFrame: 0, endFrame: 3600 }];
    const { lines } = await transcribe(model, tokenizer, countingMel(3600), clips, OPTIONS, context);
    expect(lines.map(({ startSeconds, endSeconds, text }) => [startSeconds, endSeconds, text])).toEqual([
      [0, 12, 'one'],
      [12, 21, 'unfinished'],
    ]);
    expect(model.encoded).toEqual([0, 1200]);
    expect(new Set(hints)).toEqual(new Set(['', 'one']));
  });

  test('a window that the recogniser takes for silence is passed over at once', async () => {
    const prompted: number[] = [];
    const speaks = scripted((_, sampled) => [at(0), 97, at(9), steering.endOfText][sampled.length]!);
    const model = new ToyModel((window, tokens) => {
      if (tokens.at(-1) === steering.transcribe) prompted.push(window);
      if (window > 0) return speaks(window, tokens);
      const silent = tokens.at(-1) === steering.startOfTranscript ? steering.noSpeech : -1;
      return Array.from({ length: TOY_SHAPE.vocabulary }, (_, token) => (token === silent ? 20 : 0));
    });
    const clips = [{ startFrame: 0, endFrame: 4000 }];
    const { lines, windows } = await transcribe(model, tokenizer, countingMel(4000), clips, OPTIONS, context);
    expect(lines.map(({ startSeconds, text }) => [startSeconds, text])).toEqual([[30, 'a']]);
    expect(windows).toBe(2);
    expect(prompted).toEqual([0, 3000]);
  });

  test('an answer that repeats itself is tried again at the next temperature', async () => {
    const asked: number[] = [];
    const model = new ToyModel((window, tokens) => {
      const sampled = tokens.slice(tokens.indexOf(steering.startOfTranscript) + 3);
      asked.push(sampled.length);
      const out = new Array<number>(TOY_SHAPE.vocabulary).fill(-60);
      if (sampled.length === 0) out[at(0)] = 10;
      else if (window >= 0 && sampled.length < 29) {
        // Likeliest is always "x"; only a random draw escapes from it.
        for (let token = 97; token < 123; token++) out[token] = token === 120 ? 1 : 0.95;
      } else out[sampled.at(-1)! >= at(0) ? steering.endOfText : at(50)] = 10;
      return out;
    });
    const clips = [{ startFrame: 0, endFrame: 3000 }];
    const options = { ...OPTIONS, logProbabilityLimit: -10 };
    const { lines } = await transcribe(model, tokenizer, countingMel(3000), clips, options, context);
    expect(asked.filter((length) => length === 0).length).toBeGreaterThanOrEqual(2);
    expect(new Set(lines[0]!.text).size).toBeGreaterThan(5);
    const once = await transcribe(
      model,
      tokenizer,
      countingMel(3000),
      clips,
      { ...options, temperatures: [0] },
      context,
    );
    expect(once.lines[0]!.text).toBe('x'.repeat(28));
  });

  test('the language is the likeliest language token of the first window', async () => {
    const model = new ToyModel((window, tokens) => {
      const out = scripted((_, sampled) => [at(0), 97, at(9), steering.endOfText][sampled.length]!)(
        window,
        tokens,
      );
      out[steering.languages.get('fr')!] = 3;
      out[steering.languages.get('de')!] = 2;
      return out;
    });
    const clips = [{ startFrame: 0, endFrame: 900 }];
    const options = { ...OPTIONS, language: null };
    const { language, lines } = await transcribe(model, tokenizer, countingMel(900), clips, options, context);
    expect(language!.code).toBe('fr');
    expect(language!.probability).toBeCloseTo(Math.exp(3) / (Math.exp(3) + Math.exp(2) + 1), 6);
    expect(lines).toHaveLength(1);
    expect(model.encoded).toEqual([0]);
  });

  test('a language that the checkpoint does not know is refused before anything runs', async () => {
    const model = new ToyModel(noisyLogits(1));
    const clips = [{ startFrame: 0, endFrame: 900 }];
    await expect(
      transcribe(model, tokenizer, countingMel(900), clips, { ...OPTIONS, language: 'tlh' }, context),
    ).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(model.encoded).toEqual([]);
  });

  test('English-only checkpoints are prompted without language and task', async () => {
    const prompts: number[][] = [];
    const model = new ToyModel((_, tokens) => {
      prompts.push([...tokens]);
      return new Array<number>(TOY_SHAPE.vocabulary).fill(0);
    });
    const clips = [{ startFrame: 0, endFrame: 900 }];
    const options = { ...OPTIONS, language: null, temperatures: [0] };
    const { language } = await transcribe(
      model,
      toyTokenizer(false),
      countingMel(900),
      clips,
      options,
      context,
    );
    expect(prompts[0]).toEqual([steering.startOfTranscript]);
    expect(language).toEqual({ code: 'en', token: null, probability: 1 });
  });

  test('progress rises to one, and confidence is the mean probability of the words', async () => {
    const shares: number[] = [];
    const model = new ToyModel((_, tokens) => {
      const sampled = tokens.slice(tokens.indexOf(steering.startOfTranscript) + 3);
      const out = new Array<number>(TOY_SHAPE.vocabulary).fill(-60);
      if (sampled.length === 1 || sampled.length === 2) {
        out[97] = Math.log(sampled.length === 1 ? 0.8 : 0.2);
        out[98] = Math.log(sampled.length === 1 ? 0.2 : 0.8);
      } else out[[at(0), 0, 0, at(10), steering.endOfText][sampled.length]!] = 40;
      return out;
    });
    const clips = [0, 1000, 2000].map((startFrame) => ({ startFrame, endFrame: startFrame + 1000 }));
    const { lines } = await transcribe(model, tokenizer, countingMel(3000), clips, OPTIONS, {
      ...context,
      progress: (share) => shares.push(share),
    });
    expect(shares.map((share) => Number(share.toFixed(3)))).toEqual([0.333, 0.667, 1]);
    expect(lines.map(({ text }) => text)).toEqual(['ab', 'ab', 'ab']);
    for (const { confidence } of lines) expect(confidence).toBeCloseTo(0.8, 6);
  });
});
