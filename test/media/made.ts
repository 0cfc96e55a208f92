import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../src/config.js';
import { decodeTrailer } from '../../src/media/decode.js';
import type { DecodedTrailer } from '../../src/media/decoded.js';
import { probeTrailer } from '../../src/media/probe.js';

export const LIMITS: Config['limits'] = {
  uploadBytes: 100_000_000,
  downloadBytes: 100_000_000,
  downloadSeconds: 30,
  durationSeconds: 3600,
  requestsPerMinute: 600,
};

/** A folder of this test file's own. */
export async function testFolder(name: string): Promise<string> {
  return realpath(await mkdtemp(path.join(tmpdir(), `marquee-${name}-`)));
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true });

/** Runs the real ffmpeg to make a file whose truth is known. */
export async function ffmpeg(...args: string[]): Promise<void> {
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}

/** `seconds` of a moving picture, and a tone. */
export const lavfi = (seconds: number, options: { size?: string; rate?: number } = {}) => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${options.size ?? '320x180'}:r=${options.rate ?? 25}:d=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
];

export async function probeAndDecode(
  file: string,
  folder: string,
  signal = new AbortController().signal,
): Promise<DecodedTrailer> {
  const facts = await probeTrailer(file, { limits: LIMITS, signal });
  return decodeTrailer({ path: file, facts, folder, sidecars: [] }, { signal });
}

/** Process ids of this process's own children, dead ones that nobody has fetched yet left out. */
export async function children(): Promise<number[]> {
  const stats = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === process.pid && state !== 'Z' ? Number(pid) : 0;
    });
  const pids = await Promise.all(stats);
  const programs = await Promise.all(
    pids.map((pid) => (pid === 0 ? '' : readlink(`/proc/${pid}/exe`).catch(() => ''))),
  );
  return pids.filter((_, i) => /ffmpeg|ffprobe|setpriv|prlimit|yt-dlp/.test(programs[i] ?? ''));
}
