import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { Pooling } from './architectures/text-encoder.js';

/** How a Sentence-Transformers checkpoint wants its tokens' vectors made into one. */
export interface SentenceConfig {
  pooling: Pooling;
  unitLength: boolean;
  /** Tokens of one text at most, both special ones counted. */
  maxTokens: number;
}

const modulesShape = z.array(z.object({ path: z.string(), type: z.string() }));
const poolingShape = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
});
const lengthShape = z.object({ max_seq_length: z.number().int().positive().nullish() });
const positionsShape = z.object({ max_position_embeddings: z.number().int().positive().optional() });

/**
 * Reads `modules.json`, the pooling module's `config.json` and `sentence_bert_config.json`; a plain checkpoint
 * without them is pooled by the mean and brought to length 1, as Sentence-Transformers does with one.
 * @throws Failure MODEL_INVALID for a pooling that is neither mean nor first token
 */
export async function readSentenceConfig(folder: string): Promise<SentenceConfig> {
  const modules = await readOptional(folder, 'modules.json', modulesShape);
  const lengths = await readOptional(folder, 'sentence_bert_config.json', lengthShape);
  const positions = await readOptional(folder, 'config.json', positionsShape);
  // MPNet's table of positions has two rows that no token uses.
  const maxTokens = lengths?.max_seq_length ?? (positions?.max_position_embeddings ?? 514) - 2;
  if (!modules) return { pooling: 'mean', unitLength: true, maxTokens };
  const poolingModule = modules.find(({ type }) => type.endsWith('.Pooling'));
  const unitLength = modules.some(({ type }) => type.endsWith('.Normalize'));
  const modes = await readOptional(folder, path.join(poolingModule?.path ?? '', 'config.json'), poolingShape);
  if (modes?.pooling_mode_mean_tokens) return { pooling: 'mean', unitLength, maxTokens };
  if (modes?.pooling_mode_cls_token) return { pooling: 'cls', unitLength, maxTokens };
  throw new Failure(
    'MODEL_INVALID',
    `${folder} pools neither by mean nor by first token: use another sentence encoder.`,
  );
}

async function readOptional<T>(folder: string, name: string, shape: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(path.join(folder, name), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${path.join(folder, name)} is not readable: pull the model again.`, {
      cause,
    });
  }
}
