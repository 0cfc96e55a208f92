import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import type { CaptionFile, FetchedTrailer } from './source.js';
import { hashFile } from './store.js';

const CAPTION_ENDINGS = ['.srt', '.vtt', '.ass', '.ssa'];

/**
 * A file of this machine, read in place.
 * @param given as the user wrote it; looked for in each root, in their order, where it is relative
 * @throws Failure BAD_INPUT, SOURCE_NOT_FOUND, SOURCE_OUTSIDE_ROOTS, SOURCE_NOT_A_FILE, SOURCE_EMPTY, CANCELLED
 */
export async function fetchPath(
  given: string,
  options: { mediaRoots: readonly string[]; signal: AbortSignal },
): Promise<FetchedTrailer> {
  const real = await insideRoots(given, options.mediaRoots);
  const { size } = await stat(real);
  if (size === 0) throw new Failure('SOURCE_EMPTY', `${path.basename(real)} is empty. Choose another file.`);
  return {
    contentHash: await hashFile(real, options.signal),
    path: real,
    bytes: size,
    name: path.parse(given).name,
    captions: await sidecars(real),
  };
}

/** The real path, every link resolved; what is outside is refused before it is said whether it exists. */
async function insideRoots(given: string, mediaRoots: readonly string[]): Promise<string> {
  if (given === '' || given.includes('\0'))
    throw new Failure('BAD_INPUT', 'The path is empty or broken. Give the path of a video file.');
  const found = await Promise.all(mediaRoots.map((root) => realpath(root).catch(() => null)));
  const roots = found.filter((root) => root !== null); // one that is not there holds nothing
  const real = await firstReal(candidates(given, roots));
  if (real === null) {
    const nearest = await nearestReal(candidates(given, roots)[0]);
    if (!roots.some((root) => contains(root, nearest))) throw outside(mediaRoots);
    throw new Failure(
      'SOURCE_NOT_FOUND',
      `There is no file ${path.basename(given)} at this path. Check the path.`,
    );
  }
  if (!roots.some((root) => contains(root, real))) throw outside(mediaRoots);
  if (!(await stat(real)).isFile())
    throw new Failure(
      'SOURCE_NOT_A_FILE',
      'The path is a folder or a device, not a file. Give the path of a video file.',
    );
  return real;
}

function outside(mediaRoots: readonly string[]): Failure {
  const roots = mediaRoots.length > 0 ? mediaRoots.join(', ') : 'none is set';
  return new Failure(
    'SOURCE_OUTSIDE_ROOTS',
    `Files are read only inside MEDIA_ROOTS (${roots}). Move the file there, upload it, or add its folder to MEDIA_ROOTS.`,
  );
}

/** Where `given` may lie: in each root that it does not lead out of, else what it says by itself. */
function candidates(given: string, roots: readonly string[]): [string, ...string[]] {
  const inside = roots
    .map((root) => path.resolve(root, given))
    .filter((candidate) => roots.some((root) => contains(root, candidate)));
  const [first = path.resolve(given), ...others] = inside;
  return [first, ...others];
}

async function firstReal(paths: readonly string[]): Promise<string | null> {
  for (const candidate of paths) {
    const real = await realpath(candidate).catch(() => null);
    if (real !== null) return real;
  }
  return null;
}

/** The real path of the closest parent that exists. */
async function nearestReal(asked: string): Promise<string> {
  for (let folder = path.dirname(asked); ; folder = path.dirname(folder)) {
    const real = await realpath(folder).catch(() => null);
    if (real !== null || folder === path.dirname(folder)) return real ?? folder;
  }
}

function contains(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative === '' || (!path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..');
}

/** `trailer.srt` and `trailer.en.srt` beside `trailer.mp4`, the plain one first. Links are not followed. */
async function sidecars(file: string): Promise<CaptionFile[]> {
  const { dir, name } = path.parse(file);
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const captions = entries.flatMap((entry): CaptionFile[] => {
    const ending = path.extname(entry.name).toLowerCase();
    if (!entry.isFile() || !CAPTION_ENDINGS.includes(ending)) return [];
    const stem = path.parse(entry.name).name;
    const language =
      stem === name
        ? null
        : (/^\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)$/.exec(stem.slice(name.length))?.[1] ?? undefined);
    if (language === undefined || !stem.startsWith(name)) return [];
    return [{ path: path.join(dir, entry.name), language, origin: 'SIDECAR' }];
  });
  return captions.toSorted((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
}
