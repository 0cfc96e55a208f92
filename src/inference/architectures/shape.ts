import { z } from 'zod';
import { Failure } from '../../failure.js';
import type { Checkpoint } from '../checkpoint.js';

/** What a builder needs of config.json. @throws Failure MODEL_INVALID that names what is missing or not supported */
export function readShape<T>(checkpoint: Checkpoint, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(checkpoint.config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure(
    'MODEL_INVALID',
    `${checkpoint.folder}/config.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}; use another checkpoint.`,
  );
}

export const count = z.number().int().positive();
/** The only activation of the four architectures' official checkpoints. */
export const gelu = z.literal('gelu');
