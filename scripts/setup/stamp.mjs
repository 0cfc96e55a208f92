import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './folders.mjs';

/** What a step was made from, in one line: names, sizes and times of the files (folders: all below). */
export function fingerprintOf(paths, { without = [] } = {}) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of paths.flatMap((name) => listFiles(path.join(root, name)))) {
    const name = path.relative(root, file);
    if (without.some((folder) => name.startsWith(folder))) continue;
    const { size, mtimeMs } = statSync(file);
    hash.update(`${name}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} file relative to the clone */
export function readStamp(file) {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return null;
  }
}

export function writeStamp(file, stamp) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), stamp);
}

function listFiles(entry) {
  if (!statSync(entry, { throwIfNoEntry: false })?.isDirectory())
    return statSync(entry, { throwIfNoEntry: false }) ? [entry] : [];
  return readdirSync(entry, { withFileTypes: true })
    .map((child) => path.join(entry, child.name))
    .sort()
    .flatMap(listFiles);
}
