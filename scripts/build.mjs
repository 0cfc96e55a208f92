// Builds the server into dist/ and the page into dist/web/. A file lock is not needed: tsc writes whole files.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
for (const project of ['tsconfig.json', 'src/web/tsconfig.json']) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
mkdirSync(path.join(root, 'dist', 'web'), { recursive: true });
for (const file of ['index.html', 'page.css']) {
  cpSync(path.join(root, 'src', 'web', file), path.join(root, 'dist', 'web', file));
}
