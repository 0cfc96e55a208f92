import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Threads and processes that a test starts run dist/, which must be this source. */
export async function setup(): Promise<void> {
  const build = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [build, '--if-changed']);
  } catch {
    // The compiler writes what it can in spite of wrong types, and those are the business of npm run check.
    console.error('dist/ was built in spite of errors: npm run build shows them.');
  }
}
