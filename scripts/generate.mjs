// Generates Prisma's client into src/generated/prisma/.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const prisma = path.join(root, 'node_modules', 'prisma', 'build', 'index.js');
const { status } = spawnSync(process.execPath, [prisma, 'generate'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    // Every Prisma command looks for its native schema engine and would download it. `generate` never runs the
    // engine, so any file that exists will do.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  },
});
process.exit(status ?? 1);
