import path from 'node:path';
import { decodeTrailer } from '../../src/media/decode.js';
import { probeTrailer } from '../../src/media/probe.js';
import { type FilmOptions, renderFilm } from './films.js';
import { scoreShots } from './score.js';

/** How a film is encoded decides which way its shots are found. */
const ENCODERS: [string, string, string[]][] = [
  ['H.264, key frames on cuts', 'a.mp4', ['-c:v', 'libx264', '-preset', 'veryfast']],
  [
    'H.264, a key frame in 10 s',
    'b.mp4',
    ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '250', '-keyint_min', '250', '-sc_threshold', '0'],
  ],
  [
    'H.264, a key frame in 2 s',
    'c.mp4',
    ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0'],
  ],
  [
    'H.264, a key frame in 4 s',
    'g.mp4',
    ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '100', '-keyint_min', '100', '-sc_threshold', '0'],
  ],
  ['H.264, key frames on cuts, no B-frames', 'h.mp4', ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0']],
  ['H.264, neither marks on cuts nor B-frames', 'i.mp4', ['-c:v', 'libx264', '-preset', 'ultrafast']],
  ['HEVC', 'd.mp4', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none']],
  ['VP9', 'e.webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M']],
  ['MPEG-2', 'f.ts', ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-b:v', '4M']],
];

/** 340 shots: every eleventh begins by a dissolve, every seventh holds a flash, every ninth is a wild pan. */
export const FILM: Omit<FilmOptions, 'path' | 'encoder'> = {
  shots: 340,
  shotFrames: [8, 60],
  seed: 7,
  framesPerSecond: 25,
  dissolveEvery: 11,
  flashEvery: 7,
  panEvery: 9,
};

export async function measureShots(folder: string): Promise<Record<string, string | number>[]> {
  const rows: Record<string, string | number>[] = [];
  for (const [name, file, encoder] of ENCODERS) {
    const film = await renderFilm({ ...FILM, path: path.join(folder, file), encoder });
    const signal = new AbortController().signal;
    const limits = {
      uploadBytes: 0,
      downloadBytes: 0,
      downloadSeconds: 0,
      durationSeconds: 3600,
      requestsPerMinute: 0,
    };
    const facts = await probeTrailer(film.path, { limits, signal });
    const { shots, decodePath } = await decodeTrailer(
      { path: film.path, facts, folder: path.join(folder, 'job'), sidecars: [] },
      { signal },
    );
    const { truth, precision, recall, f1, exact, dissolves } = scoreShots(film, shots);
    rows.push({
      name,
      decodePath,
      cuts: truth,
      precision,
      recall,
      f1,
      exact,
      dissolves: `${dissolves.found} of ${dissolves.truth}`,
    });
  }
  return rows;
}
