import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ffmpeg } from './films.js';

/** The three trailers that lie beside the checkout, where they do. */
const SHARED = fileURLToPath(new URL('../../../../shared/media/', import.meta.url));
const TRAILERS = ['sintel-trailer.mp4', 'big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'];

const SECONDS = 150;
/** Rendering is dear and repeating is not: the drawn part is this long, and a film shows it again and again. */
const DRAWN_SECONDS = 15;
/** One generator after the other, each for as many seconds, with sound. */
const SCENE_SECONDS = [3, 5, 2, 2.5, 2.5];
/** Encoding 4K takes longest: of the drawn part, this much is encoded. */
const UHD_DRAWN_SECONDS = 3;
/** Rendered once, then kept. */
const CACHE = fileURLToPath(new URL('../../../.marquee/bench/media/', import.meta.url));

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '6M'];
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-b:v', '12M', '-x265-params', 'log-level=none'];
const UHD = 'scale=3840:2160:flags=fast_bilinear';

interface Film {
  name: string;
  file: string;
  seconds: number;
  /** Seconds of the drawn part that are encoded and repeated. */
  drawnSeconds: number;
  encoder: string[];
}

/** The usual case, the heavy one (4K, a fifth as long), and those that help least. */
const FILMS: Film[] = [
  { name: '1080p30 H.264', file: 'h264.mp4', seconds: SECONDS, drawnSeconds: DRAWN_SECONDS, encoder: H264 },
  {
    name: '4K HEVC, 30 s',
    file: 'hevc.mp4',
    seconds: SECONDS / 5,
    drawnSeconds: UHD_DRAWN_SECONDS,
    encoder: ['-vf', UHD, ...HEVC],
  },
  {
    name: '1080p VFR',
    file: 'vfr.mkv',
    seconds: SECONDS,
    drawnSeconds: DRAWN_SECONDS,
    encoder: ['-vf', "select='not(eq(mod(n,5),3))+lt(mod(n,300),150)'", '-fps_mode', 'vfr', ...H264],
  },
  {
    name: '1080p, a key frame in 10 s',
    file: 'long-gop.mp4',
    seconds: SECONDS,
    drawnSeconds: DRAWN_SECONDS,
    encoder: [...H264, '-g', '300', '-keyint_min', '300', '-sc_threshold', '0'],
  },
];

/** The trailers beside the checkout, and drawn films; what is rendered already is taken as it is. */
export async function sampleFiles(): Promise<{ name: string; file: string }[]> {
  await mkdir(CACHE, { recursive: true });
  const drawn = path.join(CACHE, 'drawn.mkv');
  await once(drawn, renderDrawn);
  for (const film of FILMS)
    await once(path.join(CACHE, film.file), (output) => renderFilm(drawn, film, output));
  return [
    ...TRAILERS.map((name) => ({ name, file: path.join(SHARED, name) })),
    ...FILMS.map(({ name, file }) => ({ name, file: path.join(CACHE, file) })),
  ];
}

/** Makes a file unless it is there; one that is half-made has another name. */
async function once(file: string, make: (output: string) => Promise<void>): Promise<void> {
  if (existsSync(file)) return;
  const unfinished = `${file}.tmp${path.extname(file)}`;
  await make(unfinished);
  await rename(unfinished, file);
}

/** Encodes the drawn part once and repeats its packets up to the length that is wanted. */
async function renderFilm(drawn: string, film: Film, output: string): Promise<void> {
  const { seconds, drawnSeconds, encoder } = film;
  const part = `${output}.part${path.extname(output)}`;
  const streams = ['-map', '0:v', '-map', '0:a', '-t', String(drawnSeconds)];
  await ffmpeg(['-i', drawn, ...streams, ...encoder, '-c:a', 'aac', part]);
  await ffmpeg(['-stream_loop', String(seconds / drawnSeconds - 1), '-i', part, '-c', 'copy', output]);
  await rm(part);
}

async function renderDrawn(output: string): Promise<void> {
  const scenes = SCENE_SECONDS.map((seconds, i) => {
    const painted = [
      `testsrc2=s=960x540:r=30,hue=h=${(i * 47) % 360}`,
      `gradients=s=960x540:r=30:seed=${i}:nb_colors=5:speed=0.01`,
      `color=c=0x3a6ea5:s=60x34:r=30,noise=alls=90:all_seed=${i},scale=960:540:flags=bicubic,scroll=horizontal=0.002`,
      `mandelbrot=s=480x270:r=30:start_scale=0.${3 + (i % 6)}:end_scale=0.05:end_pts=4000`,
    ][i % 4] as string;
    return `${painted},scale=1920:1080:flags=fast_bilinear,trim=duration=${seconds},setpts=PTS-STARTPTS,setsar=1,format=yuv420p[s${i}]`;
  });
  const all = scenes.map((_, i) => `[s${i}]`).join('');
  await ffmpeg([
    ...['-f', 'lavfi', '-i', `sine=frequency=330:duration=${DRAWN_SECONDS}`],
    ...['-filter_complex', `${scenes.join(';')};${all}concat=n=${scenes.length}[v]`],
    ...['-map', '[v]', '-map', '0:a', '-t', String(DRAWN_SECONDS)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '12', '-c:a', 'aac', output],
  ]);
}
