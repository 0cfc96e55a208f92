import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A film whose shots are known, because it was put together from them. */
export interface Film {
  path: string;
  framesPerSecond: number;
  /** First frame of each shot that begins by a hard cut. */
  cuts: number[];
  /** First and last frame of each dissolve. */
  dissolves: { first: number; last: number }[];
  frames: number;
}

export interface FilmOptions {
  path: string;
  shots: number;
  /** Frames of the shortest and the longest shot; short ones are more frequent. */
  shotFrames: [number, number];
  seed: number;
  framesPerSecond: number;
  /** Every so many shots begin by a dissolve; 0: none. */
  dissolveEvery: number;
  /** Every so many shots hold a flash; 0: none. */
  flashEvery: number;
  /** Every so many shots are one wild pan; 0: none. */
  panEvery: number;
  /** ffmpeg's arguments between the pictures and the file: filters, a second input, the encoder. */
  encoder: string[];
}

const WIDTH = 320;
const HEIGHT = 180;
const DISSOLVE_FRAMES = 14;
const FLASH_FRAMES = 2;

/**
 * Films a number of drawn scenes: patches of light and colour with grain, a camera that drifts or pans, a ball that
 * crosses the picture. The same seed gives the same film.
 */
export async function renderFilm(options: FilmOptions): Promise<Film> {
  const { shots, framesPerSecond, encoder, path } = options;
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'yuv420p',
    '-s',
    `${WIDTH}x${HEIGHT}`,
    '-r',
    String(framesPerSecond),
    '-i',
    'pipe:0',
  ];
  const child = spawn('ffmpeg', ['-v', 'error', '-y', ...input, ...encoder, path], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  const random = mulberry32(options.seed);
  const film: Film = { path, framesPerSecond, cuts: [], dissolves: [], frames: 0 };
  let previous: Scene | null = null;
  for (let index = 0; index < shots; index++) {
    const scene = drawScene(random, { ...options, index });
    const blend: Scene | null = isDue(options.dissolveEvery, index) ? previous : null;
    if (blend) film.dissolves.push({ first: film.frames, last: film.frames + DISSOLVE_FRAMES - 1 });
    else if (index > 0) film.cuts.push(film.frames);
    for (let frame = 0; frame < scene.frames; frame++) {
      const picture = pictureOf(scene, frame);
      if (blend && frame < DISSOLVE_FRAMES)
        mix(picture, pictureOf(blend, blend.frames + frame), (frame + 1) / (DISSOLVE_FRAMES + 1));
      if (!child.stdin.write(picture)) await once(child.stdin, 'drain');
      film.frames++;
    }
    previous = scene;
  }
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
  return film;
}

const isDue = (every: number, index: number) => every > 0 && index % every === every - 1;

interface Scene {
  frames: number;
  /** A stage larger than the picture, over which the camera moves. */
  luma: Uint8Array;
  chroma: [Uint8Array, Uint8Array];
  /** Pixels a frame. */
  camera: { x: number; y: number; dx: number; dy: number };
  ball: { luma: number; radius: number; x: number; dx: number; y: number };
  /** Frame at which a flash begins, or −1. */
  flashAt: number;
}

const STAGE_WIDTH = 2 * WIDTH;
const STAGE_HEIGHT = 2 * HEIGHT;

function drawScene(random: () => number, options: FilmOptions & { index: number }): Scene {
  const { index, shotFrames, dissolveEvery, flashEvery, panEvery } = options;
  const [shortest, longest] = shotFrames;
  const extra = isDue(dissolveEvery, index) || isDue(dissolveEvery, index + 1) ? DISSOLVE_FRAMES : 0;
  const frames = Math.round(shortest + (longest - shortest) * random() ** 2) + extra;
  const speed = isDue(panEvery, index) ? 14 : 0.8;
  const middle = 40 + 170 * random();
  const between = (low: number, high: number) => low + (high - low) * random();
  return {
    frames,
    luma: patches(random, {
      columns: Math.round(between(4, 40)),
      width: STAGE_WIDTH,
      height: STAGE_HEIGHT,
      middle,
      swing: between(20, 90),
      grain: 6,
    }),
    chroma: [0, 1].map(() =>
      patches(random, {
        columns: 5,
        width: STAGE_WIDTH / 2,
        height: STAGE_HEIGHT / 2,
        middle: between(80, 176),
        swing: 30,
        grain: 0,
      }),
    ) as [Uint8Array, Uint8Array],
    camera: {
      x: between(0, WIDTH),
      y: between(0, HEIGHT),
      dx: speed * between(-1, 1),
      dy: 0.3 * speed * between(-1, 1),
    },
    ball: {
      luma: 255 * random(),
      radius: between(8, 24),
      x: between(0, WIDTH),
      dx: between(-3, 3),
      y: between(30, 150),
    },
    flashAt: isDue(flashEvery, index) && frames > 24 ? frames >> 1 : -1,
  };
}

/** Soft patches: random values on a coarse grid, bilinear in between, with grain. */
function patches(
  random: () => number,
  field: { columns: number; width: number; height: number; middle: number; swing: number; grain: number },
): Uint8Array {
  const { columns, width, height, middle, swing, grain } = field;
  const rows = Math.max(3, Math.round((columns * height) / width));
  const grid = Float64Array.from(
    { length: (columns + 1) * (rows + 1) },
    () => middle + swing * (2 * random() - 1),
  );
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const gy = (y * rows) / height;
    const row = Math.floor(gy) * (columns + 1);
    for (let x = 0; x < width; x++) {
      const gx = (x * columns) / width;
      const cell = row + Math.floor(gx);
      const [right, down] = [gx % 1, gy % 1];
      const top = (grid[cell] as number) * (1 - right) + (grid[cell + 1] as number) * right;
      const bottom =
        (grid[cell + columns + 1] as number) * (1 - right) + (grid[cell + columns + 2] as number) * right;
      const value = top * (1 - down) + bottom * down + grain * (random() - 0.5);
      pixels[y * width + x] = Math.max(16, Math.min(235, value));
    }
  }
  return pixels;
}

function pictureOf(scene: Scene, frame: number): Uint8Array {
  const picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2);
  const x = bounce(scene.camera.x + scene.camera.dx * frame, WIDTH) & ~1;
  const y = bounce(scene.camera.y + scene.camera.dy * frame, HEIGHT) & ~1;
  copyWindow(scene.luma, { stage: STAGE_WIDTH, x, y, width: WIDTH, height: HEIGHT }, picture, 0);
  const chroma = { stage: STAGE_WIDTH / 2, x: x / 2, y: y / 2, width: WIDTH / 2, height: HEIGHT / 2 };
  copyWindow(scene.chroma[0], chroma, picture, WIDTH * HEIGHT);
  copyWindow(scene.chroma[1], chroma, picture, (WIDTH * HEIGHT * 5) / 4);
  drawBall(scene, frame, picture);
  if (scene.flashAt >= 0 && frame >= scene.flashAt && frame < scene.flashAt + FLASH_FRAMES)
    picture.fill(235, 0, WIDTH * HEIGHT);
  return picture;
}

/** Back and forth between 0 and `limit`. */
function bounce(value: number, limit: number): number {
  const phase = ((value % (2 * limit)) + 2 * limit) % (2 * limit);
  return Math.floor(phase < limit ? phase : 2 * limit - phase);
}

function copyWindow(
  from: Uint8Array,
  window: { stage: number; x: number; y: number; width: number; height: number },
  to: Uint8Array,
  offset: number,
): void {
  for (let row = 0; row < window.height; row++) {
    const start = (window.y + row) * window.stage + window.x;
    to.set(from.subarray(start, start + window.width), offset + row * window.width);
  }
}

function drawBall({ ball }: Scene, frame: number, picture: Uint8Array): void {
  const centre = bounce(ball.x + ball.dx * frame, WIDTH);
  for (let dy = -ball.radius; dy <= ball.radius; dy++) {
    const y = Math.round(ball.y + dy);
    const half = Math.sqrt(Math.max(0, ball.radius ** 2 - dy ** 2));
    const from = Math.max(0, Math.round(centre - half));
    const to = Math.min(WIDTH, Math.round(centre + half));
    if (y >= 0 && y < HEIGHT && to > from) picture.fill(ball.luma, y * WIDTH + from, y * WIDTH + to);
  }
}

function mix(picture: Uint8Array, old: Uint8Array, share: number): void {
  for (let i = 0; i < picture.length; i++)
    picture[i] = (picture[i] as number) * share + (old[i] as number) * (1 - share);
}

/** A seeded source of numbers in 0 … 1 (mulberry32, public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
