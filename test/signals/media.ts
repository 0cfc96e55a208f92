import type { FrameInfo, FrameSequence, Shot, Sound } from '../../src/media/decoded.js';

export const SAMPLE_RATE = 16_000;

/** Sound by a formula of time in seconds. */
export function soundOf(seconds: number, wave: (t: number) => number): Sound {
  const samples = Float32Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, i) =>
    wave(i / SAMPLE_RATE),
  );
  return { samples, sampleRate: SAMPLE_RATE, state: 'PRESENT' };
}

export function sine(hertz: number, amplitude = 1): (t: number) => number {
  return (t) => amplitude * Math.sin(2 * Math.PI * hertz * t);
}

/** Noise that is the same every time. */
export function noise(amplitude = 1, seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return amplitude * (state / 2 ** 31);
  };
}

/** Short bursts, `perSecond` of them, each as loud as the other. */
export function clicks(perSecond: number, wave: () => number = noise()): (t: number) => number {
  return (t) => wave() * Math.exp(-80 * (t % (1 / perSecond)));
}

export type Rgb = readonly [number, number, number];

export const WIDTH = 128;
export const HEIGHT = 72;

/** Each shot as its length and what is painted at x, y (pixels) and t (seconds since its beginning). */
export interface Scene {
  seconds: number;
  kind?: Shot['kind'];
  paint(x: number, y: number, t: number): Rgb;
}

/** Shots in a row, each with two frames and their successors a 24th of a second later. */
export function filmOf(scenes: readonly Scene[]): { shots: Shot[]; frames: FrameSequence } {
  const shots: Shot[] = [];
  const infos: FrameInfo[] = [];
  const pictures: Uint8Array[] = [];
  let start = 0;
  for (const [index, scene] of scenes.entries()) {
    shots.push({
      index,
      startSeconds: start,
      endSeconds: start + scene.seconds,
      kind: scene.kind ?? 'CONTENT',
      transition: index === 0 ? 'START' : 'CUT',
      thumbnail: null,
    });
    for (const share of [0.25, 0.7]) {
      const t = share * scene.seconds;
      infos.push({ timeSeconds: start + t, shotIndex: index, successorOf: -1 });
      infos.push({ timeSeconds: start + t + 1 / 24, shotIndex: index, successorOf: infos.length - 1 });
      pictures.push(pictureOf(scene, t), pictureOf(scene, t + 1 / 24));
    }
    start += scene.seconds;
  }
  const data = new Uint8Array(pictures.length * WIDTH * HEIGHT * 3);
  for (const [i, picture] of pictures.entries()) data.set(picture, i * picture.length);
  return { shots, frames: { width: WIDTH, height: HEIGHT, frames: infos, data } };
}

function pictureOf(scene: Scene, t: number): Uint8Array {
  const picture = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at += 3) picture.set(scene.paint(x, y, t), at);
  }
  return picture;
}

export function plain(seconds: number, colour: Rgb): Scene {
  return { seconds, paint: () => colour };
}
