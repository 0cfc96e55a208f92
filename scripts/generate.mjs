// Generates Prisma's client into src/generated/prisma/.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup/folders.mjs';
import { run } from './setup/run.mjs';
import { fingerprintOf, readStamp, writeStamp } from './setup/stamp.mjs';

const STAMP = 'src/generated/.stamp';
const fingerprint = () =>
  fingerprintOf(['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']);

export function isGenerated() {
  return readStamp(STAMP) === fingerprint() && existsSync(path.join(root, 'src/generated/prisma/client.ts'));
}

/** @returns {Promise<string | null>} null, or what Prisma printed */
export async function generate() {
  const before = fingerprint();
  const failure = await run(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
    // Every Prisma command looks for its native schema engine and would download it. `generate` never runs the
    // engine, so any file that exists will do.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  });
  if (failure === null) writeStamp(STAMP, before);
  return failure;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = await generate();
  if (failure !== null) console.error(failure);
  process.exit(failure === null ? 0 : 1);
}
