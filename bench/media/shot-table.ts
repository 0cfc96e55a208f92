import path from 'node:path';
import { firstWindows } from '../../src/media/decode-plan.js';
import { readPackets } from '../../src/media/packets.js';
import { shareOf } from '../../src/media/windows.js';
import { probeAndDecode } from './decoded-film.js';
import { type Film, type FilmOptions, renderFilm } from './films.js';
import { scoreShots } from './score.js';

/** Name, file, and ffmpeg's arguments: how a film is encoded decides which way its shots are found. */
type Encoder = [string, string, string[]];
const ENCODERS: Encoder[] = [
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

/** Shots as long as most trailers have them, which leave more of the film between windows. */
const LONGER: typeof FILM = { ...FILM, shots: 60, shotFrames: [12, 180], seed: 21, framesPerSecond: 30 };

const GRAIN = ['-vf', 'scale=640:360,noise=alls=4:allf=t'];
const x264 = (preset: string, ...more: string[]) => [
  ...[...GRAIN, '-c:v', 'libx264', '-preset', preset],
  ...more,
];
const fixedKeys = (frames: number) => [
  ...['-g', String(frames), '-keyint_min', String(frames)],
  ...['-sc_threshold', '0'],
];
const rate = (buffer: string) => ['-b:v', '1M', '-maxrate', '1M', '-bufsize', buffer];
const CONSTANT = [...rate('1M'), '-x264-params', 'nal-hrd=cbr'];
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M'];

const ENCODERS_OF_LONGER: Encoder[] = [
  ['x264 veryfast', 'a.mp4', x264('veryfast')],
  ['x264 superfast', 'b.mp4', x264('superfast')],
  ['x264 veryfast, no B-frames', 'c.mp4', x264('veryfast', '-bf', '0')],
  ['x264 veryfast, -tune zerolatency', 'd.mp4', x264('veryfast', '-tune', 'zerolatency')],
  ['x264 ultrafast', 'e.mp4', x264('ultrafast')],
  ['x264 veryfast, a key frame in 2 s', 'f.mp4', x264('veryfast', ...fixedKeys(60))],
  ['x264 veryfast, a key frame in 4 s', 'g.mp4', x264('veryfast', ...fixedKeys(120))],
  [
    'x264 veryfast, a key frame in 6 s, constant rate',
    'h.mp4',
    x264('veryfast', ...fixedKeys(180), ...CONSTANT),
  ],
  [
    'x264 superfast, a key frame in 4 s, tight rate',
    'i.mp4',
    x264('superfast', ...fixedKeys(120), ...rate('500k')),
  ],
  [
    'x264 veryfast, a key frame in 4 s, no B-frames',
    'j.mp4',
    x264('veryfast', ...fixedKeys(120), '-bf', '0'),
  ],
  [
    'x265 superfast',
    'k.mp4',
    [...GRAIN, '-c:v', 'libx265', '-preset', 'superfast', '-x265-params', 'log-level=none'],
  ],
  ['VP8 realtime', 'l.webm', [...GRAIN, ...VP8]],
];

type ShotRow = Record<string, string | number>;

/** A table of each film: of short shots, then of longer ones. */
export async function measureShots(folder: string): Promise<ShotRow[][]> {
  const short = await measureFilm(FILM, ENCODERS, folder);
  return [short, await measureFilm(LONGER, ENCODERS_OF_LONGER, folder)];
}

async function measureFilm(
  options: typeof FILM,
  encoders: readonly Encoder[],
  folder: string,
): Promise<ShotRow[]> {
  const rows: ShotRow[] = [];
  for (const [name, file, encoder] of encoders) {
    const film = await renderFilm({ ...options, path: path.join(folder, file), encoder });
    rows.push({ name, ...(await measureShotsOf(film, folder)) });
  }
  return rows;
}

async function measureShotsOf(film: Film, folder: string): Promise<ShotRow> {
  const signal = new AbortController().signal;
  const { facts, decoded } = await probeAndDecode(film.path, folder, signal);
  const { video } = facts;
  if (!video) throw new Error(`${film.path} has no pictures`);
  const packets = await readPackets(film.path, video, signal);
  const windows = firstWindows(packets, { ...facts, video });
  const { truth, precision, recall, f1, exact, dissolves } = scoreShots(film, decoded.shots);
  return {
    decodePath: decoded.decodePath,
    share: windows ? shareOf(packets, windows) : 1,
    cuts: truth,
    precision,
    recall,
    f1,
    exact,
    dissolves: `${dissolves.found} of ${dissolves.truth}`,
  };
}
