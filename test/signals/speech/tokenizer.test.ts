import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  isMultilingual,
  readSpeechTokenizer,
  type SpeechTokenizer,
  speechTokenizer,
} from '../../../src/signals/speech/tokenizer.js';
import { toyTokenizer, toyTokenizerJson } from './toy-tokenizer.js';

const FOLDER = fileURLToPath(new URL('../../../../shared/models/tokenizers/', import.meta.url));

interface GenerationConfig {
  lang_to_id: Record<string, number>;
  task_to_id: { transcribe: number; translate: number };
  eos_token_id: number;
  decoder_start_token_id: number;
  no_timestamps_token_id: number;
  begin_suppress_tokens: number[];
  suppress_tokens: number[];
}

test('steering tokens are found by name, times follow the last of them', () => {
  const { steering } = toyTokenizer();
  expect(steering).toMatchObject({
    endOfText: 256,
    startOfTranscript: 257,
    noSpeech: 265,
    timestampBegin: 267,
  });
  expect([...steering.languages]).toEqual([
    ['en', 258],
    ['de', 259],
    ['fr', 260],
  ]);
  expect(toyTokenizer(false).steering.languages.size).toBe(0);
});

test('words come back without steering tokens and times, and an answer without words is empty', () => {
  const tokenizer = toyTokenizer();
  const tokens = tokenizer.encode(' naïve, 你');
  expect(tokenizer.decode([267, ...tokens, 280, 256])).toBe(' naïve, 你');
  expect(tokenizer.decode([267, 280])).toBe('');
});

test('a tokenizer of another model is refused by the name of what is missing', () => {
  const others = toyTokenizerJson(['endoftext', 'startoftranscript', 'translate', 'notimestamps']);
  expect(() => speechTokenizer(others, true)).toThrow('<|startofprev|>');
});

test('a broken file is refused with what to do', async () => {
  await expect(readSpeechTokenizer(fileURLToPath(import.meta.url), true)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
  });
});

test('the vocabulary tells English-only checkpoints from the others', () => {
  expect([51_864, 51_865, 51_866].map(isMultilingual)).toEqual([false, true, true]);
});

describe.skipIf(!existsSync(FOLDER))("with Whisper's own tokenizer", () => {
  let tokenizer: SpeechTokenizer;
  let stated: GenerationConfig;

  beforeAll(async () => {
    tokenizer = await readSpeechTokenizer(`${FOLDER}whisper-multilingual.tokenizer.json`, true);
    stated = JSON.parse(readFileSync(`${FOLDER}whisper-tiny.generation_config.json`, 'utf8'));
  });

  test('every steering token has the id that the checkpoint states', () => {
    const { steering } = tokenizer;
    expect(Object.fromEntries([...steering.languages].map(([code, id]) => [`<|${code}|>`, id]))).toEqual(
      stated.lang_to_id,
    );
    expect(steering).toMatchObject({
      endOfText: stated.eos_token_id,
      startOfTranscript: stated.decoder_start_token_id,
      noTimestamps: stated.no_timestamps_token_id,
      transcribe: stated.task_to_id.transcribe,
      translate: stated.task_to_id.translate,
    });
    expect([...steering.blank, steering.endOfText]).toEqual(stated.begin_suppress_tokens);
  });

  test('the tokens that are never said are those that the checkpoint states', () => {
    const { steering } = tokenizer;
    const { startOfTranscript, translate, transcribe, startOfLanguageModel, startOfPrevious, noSpeech } =
      steering;
    const all = [startOfTranscript, translate, transcribe, startOfLanguageModel, startOfPrevious, noSpeech];
    expect([...steering.nonSpeech, ...all].sort((a, b) => a - b)).toEqual(stated.suppress_tokens);
  });

  test('text comes back byte for byte', () => {
    for (const text of [
      ' And so, my fellow Americans: ask not…',
      ' Größe, 你好 – naïve café',
      ' 1,000 ½ 👍🏽',
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});
