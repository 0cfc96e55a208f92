import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup/folders.mjs';

/** Which other rooms a room of src/ may import. Files beside the rooms stand on top and may import all. */
const BELOW = {
  media: [],
  inference: [],
  signals: ['media', 'inference'],
  tagging: ['media', 'inference', 'signals'],
  catalog: ['media', 'inference', 'signals', 'tagging', 'generated'],
  discovery: ['media', 'inference', 'signals', 'tagging', 'catalog', 'generated'],
  analysis: ['media', 'inference', 'signals', 'tagging', 'catalog', 'generated'],
  graphql: ['media', 'inference', 'signals', 'tagging', 'analysis', 'catalog', 'discovery', 'generated'],
  http: [
    'media',
    'inference',
    'signals',
    'tagging',
    'analysis',
    'catalog',
    'discovery',
    'generated',
    'graphql',
  ],
};
/** Beside the rooms, for everybody. */
const OPEN_TO_ALL = new Set(['failure.js', 'config.js', 'log.js', 'webassembly.js']);
const IMPORT = /(?:from|import\()\s*'(\.[^']+)'/g;

/** @returns {Promise<string | null>} null, or a line for each import that goes up */
export async function checkRooms() {
  const wrong = Object.entries(BELOW).flatMap(([room, below]) =>
    listSources(room).flatMap((file) =>
      importsOf(file)
        .filter((target) => !isAllowed(target, room, below))
        .map((target) => `${file} imports ${target}`),
    ),
  );
  return wrong.length === 0 ? null : wrong.join('\n');
}

function listSources(room) {
  const folder = path.join(root, 'src', room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join('src', room, name));
}

/** Paths from the clone, as in `src/media/source.js`. */
function importsOf(file) {
  const source = readFileSync(path.join(root, file), 'utf8');
  return [...source.matchAll(IMPORT)].map(([, target]) => path.posix.join(path.posix.dirname(file), target));
}

function isAllowed(target, room, below) {
  const [, first, ...rest] = target.split('/');
  if (rest.length === 0) return OPEN_TO_ALL.has(first);
  return first === room || below.includes(first);
}
