import type pg from 'pg';
import type { Config } from '../../config.js';
import type { PrismaClient } from '../../generated/prisma/client.js';
import type { Logger } from '../../log.js';
import type { ClassifierFiles } from '../classifier-files.js';
import type { PackIdentity } from '../pack-identity.js';
import type { RunHold } from './run-hold.js';

/** What trainings and re-taggings stand on. */
export interface LearningParts {
  config: Config;
  prisma: PrismaClient;
  pool: pg.Pool;
  /** For threads, which have connections of their own. */
  databaseUrl: string;
  pack: PackIdentity;
  classifiers: Pick<ClassifierFiles, 'find'>;
  /** Holds the taxonomy. */
  modelsFolder: string;
  /** The built module of `thread.ts`. */
  threadEntry: URL;
  /** Threads that a re-tagging may take. */
  threads: number;
  log: Logger;
}

/** One run at work. */
export interface LearningJob {
  parts: LearningParts;
  hold: RunHold;
  signal: AbortSignal;
}
