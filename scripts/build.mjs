// Builds the server into dist/ and the page into dist/web/; with --bench the benchmarks into dist-bench/ too.
// --if-changed: only where a source is newer than the build.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup/folders.mjs';
import { withLock } from './setup/lock.mjs';
import { run } from './setup/run.mjs';
import { fingerprintOf, readStamp, writeStamp } from './setup/stamp.mjs';

const SERVER_STAMP = 'dist/.stamp';
const BENCH_STAMP = 'dist-bench/.stamp';
const serverFingerprint = () => fingerprintOf(['src', 'tsconfig.json']);
const benchFingerprint = () => fingerprintOf(['bench', 'src', 'tsconfig.json', 'tsconfig.bench.json']);

export const isServerBuilt = () => readStamp(SERVER_STAMP) === serverFingerprint();
export const isBenchBuilt = () => readStamp(BENCH_STAMP) === benchFingerprint();

/** @returns {Promise<string | null>} null, or what the compiler printed */
export async function buildServer() {
  const before = serverFingerprint();
  const failures = [await compile('tsconfig.json'), await compile('src/web/tsconfig.json')].filter(Boolean);
  removeOrphans();
  copyPage();
  if (failures.length > 0) return failures.join('\n');
  writeStamp(SERVER_STAMP, before);
  return null;
}

/** @returns {Promise<string | null>} null, or what the compiler printed */
export async function buildBench() {
  const before = benchFingerprint();
  const sources = path.join(root, 'dist-bench', 'src');
  rmSync(sources, { recursive: true, force: true });
  const failure = await compile('tsconfig.bench.json');
  // The benchmarks measure the very files that the server runs: dist/, and not a second build of the sources.
  rmSync(sources, { recursive: true, force: true });
  symlinkSync(path.join('..', 'dist'), sources, 'junction');
  if (failure === null) writeStamp(BENCH_STAMP, before);
  return failure;
}

const compile = (project) => run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);

/** What the browser loads besides the compiled code. */
function copyPage() {
  const page = path.join(root, 'src', 'web');
  const target = path.join(root, 'dist', 'web');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(page)) {
    if (/\.(html|css|svg|png|ico|webmanifest)$/.test(name))
      cpSync(path.join(page, name), path.join(target, name));
  }
  copySubscriptionClient(path.join(target, 'vendor', 'graphql-ws'));
}

/** The page needs no bundler: the subscription client is two ES modules, `client.js` and the `common-*.js` it imports. */
function copySubscriptionClient(target) {
  const modules = path.join(root, 'node_modules', 'graphql-ws', 'dist');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(modules)) {
    if (/^(client|common-[\w-]+)\.js$/.test(name)) cpSync(path.join(modules, name), path.join(target, name));
  }
}

/** The compiler leaves behind what it made of sources that are gone. */
function removeOrphans() {
  const dist = path.join(root, 'dist');
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = name.replace(/\.js(\.map)?$/, '.ts');
    if (source !== name && !existsSync(path.join(root, 'src', source))) rmSync(path.join(dist, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flags = new Set(process.argv.slice(2));
  const failure = await withLock(
    async () => {
      const needed = (isBuilt) => !flags.has('--if-changed') || !isBuilt();
      const server = needed(isServerBuilt) ? await buildServer() : null;
      return server ?? (flags.has('--bench') && needed(isBenchBuilt) ? await buildBench() : null);
    },
    (holder) => console.error(`Waiting for another build (process ${holder})`),
  );
  if (failure !== null) console.error(failure);
  process.exit(failure === null ? 0 : 1);
}
