import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './folders.mjs';
import { run } from './run.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

const STAMP = 'node_modules/.marquee-stamp';

/** Whether node_modules holds what package-lock.json says, by our own npm ci or by somebody's npm install. */
export function arePackagesInstalled() {
  const lockText = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (readStamp(STAMP) === lockText) return true;
  // npm's record of what it has put into node_modules.
  const record = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const complete = Object.entries(JSON.parse(lockText).packages).every(
    ([name, { version, optional }]) =>
      name === '' || installed[name]?.version === version || (optional && installed[name] === undefined),
  );
  if (complete) writeStamp(STAMP, lockText);
  return complete;
}

/** @returns {Promise<string | null>} null, or what npm printed */
export async function installPackages() {
  const npm = process.env.npm_execpath;
  const [file, ...first] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  // .npmrc silences npm, which would hide why it failed; development packages come along in production too, as the
  // clone is built here.
  const failure = await run(file, [...first, 'ci', '--loglevel=error', '--include=dev'], {
    // npm 10 does not read allowScripts, and this package's script fetches CUDA libraries from outside.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  });
  if (failure !== null) return `${failure}\nThe packages could not be installed: see npm's words above.`;
  writeStamp(STAMP, readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return null;
}
