import path from 'node:path';
import { z } from 'zod';
import { Failure } from './failure.js';

const MEBIBYTE = 1024 * 1024;

const port = z.coerce.number().int().min(0).max(65_535);
/** A week; timers of more than 2³¹ ms (25 days) would run out at once. */
const MOST_SECONDS = 7 * 24 * 3600;
const seconds = z.coerce.number().positive().max(MOST_SECONDS);
const bytes = z.coerce.number().int().positive();
const list = (separator: string) =>
  z.string().transform((text) =>
    text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** `name:role:secret`, as in `MARQUEE_API_KEYS="desk:editor:s3cret,feed:service:0ther"`. */
const apiKey = z
  .string()
  .regex(
    /^[^:]+:(reader|service|editor|admin):\S{16,}$/,
    'must be name:role:secret, role one of reader, service, editor, admin, secret of 16 characters or more, without spaces',
  )
  .transform((text) => {
    const [name = '', role = '', ...secret] = text.split(':');
    return { name, role: role as ApiRole, secret: secret.join(':') };
  });

/** A secret of two keys would have the rights of whichever is found first. */
const apiKeys = z
  .array(apiKey)
  .refine(
    (keys) => new Set(keys.map(({ secret }) => secret)).size === keys.length,
    'two keys have the same secret: give each its own',
  );

export type ApiRole = 'reader' | 'service' | 'editor' | 'admin';

/** Every environment variable that Marquee reads, with its default. Documented in docs/operations.md. */
const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4000),
  DATABASE_URL: z.string().optional(),
  MARQUEE_DATA: z.string().default('.marquee'),
  MEDIA_ROOTS: list(path.delimiter).optional(),
  MARQUEE_ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
  HF_TOKEN: z.string().optional(),
  MARQUEE_PACK: z.enum(['auto', 'compact', 'full']).default('auto'),
  MARQUEE_DEVICE: z.enum(['auto', 'cpu', 'webgpu', 'cuda']).default('auto'),
  MARQUEE_CLIPS: z.enum(['shots', 'uniform']).default('shots'),
  MARQUEE_SPEECH: z.enum(['missing', 'gaps']).default('missing'),
  MARQUEE_MODELS: list(',').optional(),
  MARQUEE_MODEL_BYTES: bytes.optional(),
  MARQUEE_API_KEYS: list(',').pipe(apiKeys).optional(),
  MARQUEE_VECTORS: z.enum(['auto', 'memory', 'pgvector']).default('auto'),
  MARQUEE_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  MARQUEE_THREADS: z.coerce.number().int().min(1).max(64).optional(),
  MARQUEE_MAX_UPLOAD_BYTES: bytes.default(2048 * MEBIBYTE),
  MARQUEE_MAX_DOWNLOAD_BYTES: bytes.default(2048 * MEBIBYTE),
  MARQUEE_DOWNLOAD_SECONDS: seconds.default(900),
  MARQUEE_MAX_DURATION_SECONDS: seconds.default(3600),
  MARQUEE_RATE_PER_MINUTE: z.coerce.number().int().positive().default(600),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The whole configuration, validated once. Times are in seconds, sizes in bytes, folders absolute. */
export interface Config {
  host: string;
  port: number;
  /** Null: the embedded PostgreSQL under `dataFolder`. */
  databaseUrl: string | null;
  dataFolder: string;
  /** Absolute folders; a local path outside them is refused. */
  mediaRoots: string[];
  role: 'all' | 'api' | 'worker';
  pack: 'auto' | 'compact' | 'full';
  /** Where the full pack's models run. */
  device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  /** Where the full pack's picture encoder takes its frames. */
  clips: 'shots' | 'uniform';
  /** When the recogniser listens: where no other words are there, or also where written lines are silent. */
  speech: 'missing' | 'gaps';
  models: {
    /** Pulled models (`owner/name`) to use in place of the full pack's own. */
    preferred: string[];
    /** Memory that loaded models may take; null: half of what this process may use. */
    bytes: number | null;
  };
  /** Where models are pulled from. */
  hub: { endpoint: string; token: string | null };
  /** Empty: no keys, and loopback only. */
  apiKeys: { name: string; role: ApiRole; secret: string }[];
  /** What searches vectors; auto: pgvector where it is and the catalog is large. */
  vectors: 'auto' | 'memory' | 'pgvector';
  /** Analyses that run at the same time in this process. */
  concurrency: number;
  /** Worker threads for arithmetic and inference; null: one a core that this process may use. */
  threads: number | null;
  limits: {
    uploadBytes: number;
    downloadBytes: number;
    downloadSeconds: number;
    durationSeconds: number;
    requestsPerMinute: number;
  };
  logLevel: string;
}

/**
 * @param env usually `process.env`
 * @param workingFolder relative folders are taken from here
 * @throws Failure CONFIGURATION_INVALID that names each variable that is wrong
 */
export function readConfig(env: NodeJS.ProcessEnv, workingFolder = process.cwd()): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(
      (issue) => `${issue.path[0]?.toString() ?? 'environment'}: ${issue.message}`,
    );
    throw new Failure('CONFIGURATION_INVALID', `The environment is not usable. ${wrong.join('; ')}.`);
  }
  const value = parsed.data;
  const dataFolder = path.resolve(workingFolder, value.MARQUEE_DATA);
  // The sample trailer lies in the second one, whatever the first are.
  const mediaRoots = [...(value.MEDIA_ROOTS ?? ['media']), path.join(dataFolder, 'media')];
  return {
    host: value.HOST,
    port: value.PORT,
    databaseUrl: value.DATABASE_URL ?? null,
    dataFolder,
    mediaRoots: mediaRoots.map((root) => path.resolve(workingFolder, root)),
    role: value.MARQUEE_ROLE,
    pack: value.MARQUEE_PACK,
    device: value.MARQUEE_DEVICE,
    clips: value.MARQUEE_CLIPS,
    speech: value.MARQUEE_SPEECH,
    models: { preferred: value.MARQUEE_MODELS ?? [], bytes: value.MARQUEE_MODEL_BYTES ?? null },
    hub: { endpoint: value.HF_ENDPOINT.replace(/\/+$/, ''), token: value.HF_TOKEN ?? null },
    apiKeys: value.MARQUEE_API_KEYS ?? [],
    vectors: value.MARQUEE_VECTORS,
    concurrency: value.MARQUEE_CONCURRENCY,
    threads: value.MARQUEE_THREADS ?? null,
    limits: {
      uploadBytes: value.MARQUEE_MAX_UPLOAD_BYTES,
      downloadBytes: value.MARQUEE_MAX_DOWNLOAD_BYTES,
      downloadSeconds: value.MARQUEE_DOWNLOAD_SECONDS,
      durationSeconds: value.MARQUEE_MAX_DURATION_SECONDS,
      requestsPerMinute: value.MARQUEE_RATE_PER_MINUTE,
    },
    logLevel: value.LOG_LEVEL,
  };
}
