import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { SentenceEncoder } from '../../src/signals/sentence.js';
import { batchByLength, chunkLines } from '../../src/signals/sentence-batches.js';
import { bertDims } from '../inference/architectures.js';
import { writeCheckpoint } from '../inference/random-checkpoint.js';
import { bert, meanOfUnitLength } from '../inference/reference/text.js';
import { relativeError } from '../inference/run-graph.js';

const WORDS = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'revenge',
  'is',
  'a',
  'dish',
  'best',
  'served',
  'cold',
  '##er',
  '.',
];
/** A WordPiece tokenizer in the layout of the official checkpoints. */
const tokenizerJson = {
  version: '1.0',
  truncation: { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 },
  padding: null,
  added_tokens: [],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(WORDS.map((word, i) => [word, i])),
  },
};
const config = {
  model_type: 'bert',
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  vocab_size: WORDS.length,
  max_position_embeddings: 32,
};
const checkpoint = await writeCheckpoint(config, bertDims(config), { seed: 17 });
await writeFile(path.join(checkpoint.folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
await writeFile(path.join(checkpoint.folder, 'sentence_bert_config.json'), '{"max_seq_length": 10}');
await writeFile(
  path.join(checkpoint.folder, 'modules.json'),
  JSON.stringify([
    { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    { path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
  ]),
);
await mkdir(path.join(checkpoint.folder, '1_Pooling'));
await writeFile(path.join(checkpoint.folder, '1_Pooling/config.json'), '{"pooling_mode_mean_tokens": true}');
const cacheFolder = await mkdtemp(path.join(tmpdir(), 'marquee-onnx-'));
const options = { name: 'tiny', precision: 'float32', cacheFolder, threads: 1 } as const;
const encoder = await SentenceEncoder.open(checkpoint.folder, options);
afterAll(async () => {
  await encoder.close();
  await rm(cacheFolder, { recursive: true });
});

const truth = (tokens: number[]) => meanOfUnitLength(bert(checkpoint.tensors, config, tokens));

describe('the sentence encoder', () => {
  test('gives each text its own vector in the texts’ order, whatever is batched with it', async () => {
    const vectors = await encoder.encode(['Revenge is a dish best served cold.', 'Cold', 'A colder dish.']);
    const tokens = [
      [2, 4, 5, 6, 7, 8, 9, 10, 12, 3],
      [2, 10, 3],
      [2, 6, 10, 11, 7, 12, 3],
    ];
    vectors.forEach((vector, i) => {
      expect(relativeError(vector, truth(tokens[i]!))).toBeLessThan(1e-4);
    });
  });

  test('cuts a text at the window and keeps its last special token', async () => {
    const [vector] = await encoder.encode(['a a a a a a a a a a a a']);
    expect(relativeError(vector!, truth([2, 6, 6, 6, 6, 6, 6, 6, 6, 3]))).toBeLessThan(1e-4);
  });

  test('reads a transcript beyond the window in chunks, and its last line counts', async () => {
    const lines = ['revenge is a dish', 'best served cold', 'a dish is a dish'];
    const whole = await encoder.encodeLines(lines);
    const other = await encoder.encodeLines([...lines.slice(0, 2), 'revenge best served']);
    expect(Math.hypot(...whole!)).toBeCloseTo(1, 5);
    expect(relativeError(whole!, other!)).toBeGreaterThan(1e-3);
    expect(await encoder.encodeLines([])).toBeNull();
  });

  test('refuses a pooling that it does not know', async () => {
    const odd = await mkdtemp(path.join(tmpdir(), 'marquee-odd-'));
    await cp(checkpoint.folder, odd, { recursive: true });
    await writeFile(path.join(odd, '1_Pooling/config.json'), '{"pooling_mode_max_tokens": true}');
    await expect(SentenceEncoder.open(odd, options)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await rm(odd, { recursive: true });
  });
});

test('every text is in exactly one batch, and no batch is mostly padding', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 512 })), (lengths) => {
      const batches = batchByLength(lengths);
      expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
      for (const batch of batches) {
        const own = batch.map((i) => lengths[i]!);
        const padded = Math.max(...own) * own.length;
        expect(padded).toBeLessThanOrEqual(4096);
        expect(own.reduce((sum, n) => sum + n, 0) / padded).toBeGreaterThanOrEqual(0.85 - 1e-9);
      }
    }),
  );
});

test('chunks hold every line in order, fit the window, and begin inside the one before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1 }),
      fc.integer({ min: 10, max: 100 }),
      (lengths, window) => {
        const chunks = chunkLines(lengths, window, Math.floor(window / 4));
        expect(chunks[0]!.from).toBe(0);
        expect(chunks.at(-1)!.to).toBe(lengths.length);
        chunks.forEach(({ from, to }, i) => {
          const tokens = lengths.slice(from, to).reduce((sum, n) => sum + n, 0);
          if (to - from > 1) expect(tokens).toBeLessThanOrEqual(window);
          const before = chunks[i - 1];
          if (before) {
            expect(from).toBeLessThanOrEqual(before.to);
            expect(from).toBeGreaterThan(before.from);
            expect(to).toBeGreaterThan(before.to);
          }
        });
      },
    ),
  );
});

const official = fileURLToPath(
  new URL('../../../shared/models/tokenizers/all-MiniLM-L6-v2.tokenizer.json', import.meta.url),
);
test.skipIf(!existsSync(official))(
  'the official tokenizer of all-MiniLM-L6-v2 is read (skipped without ../shared)',
  async () => {
    const real = { ...config, vocab_size: 30_522, num_hidden_layers: 1 };
    const { folder, tensors } = await writeCheckpoint(real, bertDims(real), { seed: 18 });
    await cp(official, path.join(folder, 'tokenizer.json'));
    const opened = await SentenceEncoder.open(folder, options);
    const [vector] = await opened.encode(['Hello, world!']);
    const tokens = [101, 7592, 1010, 2088, 999, 102]; // BERT's uncased vocabulary
    expect(relativeError(vector!, meanOfUnitLength(bert(tensors, real, tokens)))).toBeLessThan(1e-4);
    await opened.close();
  },
);
