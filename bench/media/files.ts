import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FilmOptions, renderFilm } from './films.js';

/** The three trailers that lie beside the checkout, where they do. */
const SHARED = fileURLToPath(new URL('../../../../shared/media/', import.meta.url));
const TRAILERS = ['sintel-trailer.mp4', 'big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'];

const SECONDS = 150;
/** Rendered once, then kept. */
const CACHE = fileURLToPath(new URL('../../../.marquee/bench/media/', import.meta.url));

/**
 * About 30 s of shots of 1 to 5 s, as trailers have them: blends, flashes and pans among them. Rendering is dear and
 * repeating is not: a film shows them again and again.
 */
const SCENES: Omit<FilmOptions, 'path' | 'encoder'> = {
  shots: 13,
  shotFrames: [30, 150],
  seed: 3,
  framesPerSecond: 30,
  dissolveEvery: 11,
  flashEvery: 7,
  panEvery: 9,
};

const SOUND = ['-f', 'lavfi', '-i', `sine=frequency=330:duration=${SECONDS}`];
const STREAMS = ['-map', '0:v', '-map', '1:a', '-shortest', '-c:a', 'aac'];
/** Grain, so that no picture is cheaper than a real one. */
const GRAIN = 'noise=alls=4:allf=t';
const HD = 'scale=1920:1080:flags=bicubic';
const UHD = 'scale=3840:2160:flags=fast_bilinear';
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '6M'];
const LONG = ['-g', '300', '-keyint_min', '300', '-sc_threshold', '0'];
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-b:v', '12M', '-x265-params', 'log-level=none'];
/** Two in five frames are dropped for five seconds, then none for as long. */
const DROPPED = "select='not(eq(mod(n,5),3)+eq(mod(n,5),1))+lt(mod(n,300),150)'";

/** The usual case, the heavy one, and those that help least. */
const FILMS: { name: string; file: string; encoder: string[] }[] = [
  { name: '1080p30 H.264', file: 'scenes-h264.mp4', encoder: ['-vf', `${HD},${GRAIN}`, ...H264] },
  { name: '4K30 HEVC', file: 'scenes-hevc.mp4', encoder: ['-vf', UHD, ...HEVC] },
  {
    name: '1080p VFR',
    file: 'scenes-vfr.mkv',
    encoder: ['-vf', `${DROPPED},${HD},${GRAIN}`, '-fps_mode', 'vfr', ...H264],
  },
  {
    name: '1080p, a key frame in 10 s',
    file: 'scenes-long.mp4',
    encoder: ['-vf', `${HD},${GRAIN}`, ...H264, ...LONG],
  },
  {
    name: '1080p, neither key frames on cuts nor B-frames',
    file: 'scenes-ultrafast.mp4',
    encoder: ['-vf', `${HD},${GRAIN}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '6M'],
  },
];

/** The trailers beside the checkout, and drawn films; what is rendered already is taken as it is. */
export async function sampleFiles(): Promise<{ name: string; file: string }[]> {
  await mkdir(CACHE, { recursive: true });
  for (const { file, encoder } of FILMS) await once(path.join(CACHE, file), encoder);
  return [
    ...TRAILERS.map((name) => ({ name, file: path.join(SHARED, name) })),
    ...FILMS.map(({ name, file }) => ({ name, file: path.join(CACHE, file) })),
  ];
}

/** Renders a file unless it is there; one that is half-made has another name. */
async function once(file: string, encoder: readonly string[]): Promise<void> {
  if (existsSync(file)) return;
  const [part, unfinished] = ['part', 'tmp'].map((name) => `${file}.${name}${path.extname(file)}`) as [
    string,
    string,
  ];
  await renderFilm({ ...SCENES, path: part, encoder: [...SOUND, ...STREAMS, ...encoder] });
  const repeated = ['-stream_loop', '-1', '-i', part, '-c', 'copy', '-t', String(SECONDS), unfinished];
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...repeated]);
  await rm(part);
  await rename(unfinished, file);
}
