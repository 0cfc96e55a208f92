import type { FrameInfo, FrameSequence, Shot } from '../media/decoded.js';

/** Numbers in 0 … 1 from a seed, the same on every machine (Marsaglia's xorshift with 32 bits). */
export type Draw = () => number;

export function seededDraw(seed: number): Draw {
  let state = (seed * 2_654_435_761 + 1_013_904_223) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export function between(draw: Draw, low: number, high: number): number {
  return low + (high - low) * draw();
}

/** Standard normal deviate (Box & Muller 1958). */
function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

const WIDTH = 160; // as large as the frames that the media room keeps of a 16:9 trailer
const HEIGHT = 90;
const FRAMES_A_SHOT = 2;
const GAP_SECONDS = 1 / 24;
const OCTAVES = 5;

/**
 * A film that never was, for the statistics: clouds and patches in front of one another, lit, coloured, moved and cut as one film would be. What is drawn once a film and the ranges are the statement:
 * median shots of 0.8 … 4 s, light 0.15 … 0.55, saturation 0.1 … 0.7, speeds around 15 % of the width a second.
 */
export function sampleFilm(draw: Draw, seconds: number): { shots: Shot[]; frames: FrameSequence } {
  const style = {
    medianSeconds: 0.8 * 5 ** draw(),
    light: between(draw, 0.15, 0.55),
    contrast: between(draw, 0.5, 1),
    saturation: between(draw, 0.1, 0.7),
    hue: draw(),
    speed: 0.15 * Math.exp(normal(draw)),
  };
  const shots = sampleShots(style.medianSeconds, seconds, draw);
  const infos: FrameInfo[] = [];
  const pictures: Uint8Array[] = [];
  for (const shot of shots) {
    const look = sampleLook(style, draw);
    for (let i = 0; i < FRAMES_A_SHOT; i++) {
      const timeSeconds =
        shot.startSeconds + ((i + 0.5) / FRAMES_A_SHOT) * (shot.endSeconds - shot.startSeconds - GAP_SECONDS);
      infos.push({ timeSeconds, shotIndex: shot.index, successorOf: -1 });
      infos.push({
        timeSeconds: timeSeconds + GAP_SECONDS,
        shotIndex: shot.index,
        successorOf: infos.length - 1,
      });
      pictures.push(paint(look, timeSeconds), paint(look, timeSeconds + GAP_SECONDS));
    }
  }
  const data = new Uint8Array(pictures.length * WIDTH * HEIGHT * 3);
  for (const [i, picture] of pictures.entries()) data.set(picture, i * picture.length);
  return { shots, frames: { width: WIDTH, height: HEIGHT, frames: infos, data } };
}

/** Log-normal lengths, as those of films are (Salt 2006). */
function sampleShots(medianSeconds: number, seconds: number, draw: Draw): Shot[] {
  const shots: Shot[] = [];
  for (let start = 0; start < seconds; ) {
    const end = start + Math.max(0.25, medianSeconds * Math.exp(0.8 * normal(draw)));
    shots.push({
      index: shots.length,
      startSeconds: start,
      endSeconds: end,
      kind: 'CONTENT',
      transition: shots.length === 0 ? 'START' : 'CUT',
      thumbnail: null,
    });
    start = end;
  }
  return shots;
}

interface Look {
  seed: number;
  light: number;
  contrast: number;
  saturation: number;
  hue: number;
  /** Widths a second. */
  speedX: number;
  speedY: number;
}

function sampleLook(style: Omit<Look, 'seed' | 'speedX' | 'speedY'> & { speed: number }, draw: Draw): Look {
  const speed = style.speed * Math.exp(0.7 * normal(draw));
  const direction = 2 * Math.PI * draw();
  return {
    seed: Math.floor(draw() * 2 ** 30),
    light: style.light * Math.exp(0.3 * normal(draw)),
    contrast: style.contrast * Math.exp(0.2 * normal(draw)),
    saturation: Math.min(1, style.saturation * Math.exp(0.3 * normal(draw))),
    hue: style.hue + 0.12 * normal(draw),
    speedX: speed * Math.cos(direction),
    speedY: (speed * Math.sin(direction)) / 2, // cameras pan more than they tilt
  };
}

function paint(look: Look, timeSeconds: number): Uint8Array {
  const picture = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at += 3) {
      const u = x / WIDTH + look.speedX * timeSeconds;
      const v = y / WIDTH + look.speedY * timeSeconds;
      const shape = 0.35 * edges(look.seed + 3, u, v) + clouds(look.seed, u, v, OCTAVES);
      const value = Math.min(1, Math.max(0, look.light * (1 + 2 * look.contrast * shape)));
      const hue = look.hue + 0.4 * clouds(look.seed + 1, u, v, 2);
      const saturation = Math.min(1, Math.max(0, look.saturation * (1 + clouds(look.seed + 2, u, v, 2))));
      for (let channel = 0; channel < 3; channel++) {
        const ramp = Math.abs((((((hue + (3 - channel) / 3) * 6) % 6) + 6) % 6) - 3) - 1; // HSV to RGB
        const pure = Math.min(1, Math.max(0, ramp));
        picture[at + channel] = Math.round(255 * value * (1 - saturation + saturation * pure));
      }
    }
  }
  return picture;
}

/** −2, 0 or 2: two layers of flat patches with sharp borders, as things that hide one another have. */
function edges(seed: number, u: number, v: number): number {
  return Math.sign(clouds(seed, u, v, 3)) + Math.sign(clouds(seed + 40, 2 * u, 2 * v, 2));
}

/** Value noise around 0: octaves from 3 cells a width on, each with half the height of the one before. */
function clouds(seed: number, u: number, v: number, octaves: number): number {
  let sum = 0;
  for (let octave = 0; octave < octaves; octave++) {
    const cells = 3 * 2 ** octave;
    sum += latticeNoise(seed + 7 * octave, u * cells, v * cells) / 2 ** (octave + 1);
  }
  return sum;
}

function latticeNoise(seed: number, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const upper = hashed(seed, left, top) * (1 - fx) + hashed(seed, left + 1, top) * fx;
  const lower = hashed(seed, left, top + 1) * (1 - fx) + hashed(seed, left + 1, top + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

/** −1 … 1 by place. */
function hashed(seed: number, x: number, y: number): number {
  let hash = Math.imul(seed ^ Math.imul(x, 374_761_393), 668_265_263) ^ Math.imul(y, 1_274_126_177);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_917);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 31 - 1;
}
