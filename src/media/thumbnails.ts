import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { Failure } from '../failure.js';
import type { Shot } from './decoded.js';
import { isBlack } from './fades.js';
import type { KeptFrame } from './kept-frames.js';
import type { PictureSize } from './picture-size.js';
import { replaceFolder } from './replace-folder.js';
import { toRgb } from './rgb.js';

/** Mean absolute luma step of neighbours; pictures below it show nothing that an eye can hold on to. */
const MIN_SHARPNESS = 0.1;
/** Light that shows most: neither night nor glare. */
const MIN_LUMA = 20;
const MAX_LUMA = 240;

/** The frame that shows a shot best: sharp, neither dark nor glaring, off the shot's edges; null where none is fit. */
export function bestFrame(kept: readonly KeptFrame[], shot: Shot): KeptFrame | null {
  const middle = (shot.startSeconds + shot.endSeconds) / 2;
  const half = Math.max(1e-6, (shot.endSeconds - shot.startSeconds) / 2);
  const inside = kept.filter(
    ({ measures: { seconds } }) => seconds >= shot.startSeconds && seconds < shot.endSeconds,
  );
  const score = ({ measures }: KeptFrame) => {
    const light = measures.meanLuma < MIN_LUMA || measures.meanLuma > MAX_LUMA ? 0.3 : 1;
    const edge = 1 - 0.5 * (Math.abs(measures.seconds - middle) / half);
    return measures.sharpness * light * edge;
  };
  return inside
    .filter(({ measures }) => !isBlack(measures) && measures.sharpness >= MIN_SHARPNESS)
    .reduce<KeptFrame | null>(
      (best, frame) => (best === null || score(frame) > score(best) ? frame : best),
      null,
    );
}

/**
 * Writes one JPEG a shot that has a frame fit to show, and names it in the shot. The folder appears when it is whole.
 * @returns the shots with their thumbnails
 */
export async function writeThumbnails(
  shots: readonly Shot[],
  kept: readonly KeptFrame[],
  options: { size: PictureSize; folder: string; signal: AbortSignal },
): Promise<Shot[]> {
  const chosen = shots.flatMap((shot) => {
    const frame = bestFrame(kept, shot);
    return frame ? [{ shot: shot.index, data: frame.data }] : [];
  });
  const { size, signal } = options;
  await replaceFolder(options.folder, async (folder) => {
    const pictures = chosen.map(({ data }) => data);
    if (pictures.length > 0) await encode(pictures, { size, folder, signal });
  });
  const names = new Map(chosen.map(({ shot }, order) => [shot, nameOf(order)]));
  return shots.map((shot) => ({ ...shot, thumbnail: names.get(shot.index) ?? null }));
}

function nameOf(order: number): string {
  return `${String(order).padStart(5, '0')}.jpg`;
}

/** A trailer of hundreds of shots keeps this many pictures in RGB at a time, 170 kB each. */
const AT_ONCE = 16;
/** As many bytes as of ffmpeg at `-q:v 4`: 76 kB for 16 of sintel, where that gave 77. */
const QUALITY = 70;

/** libvips encodes on threads of its own: starting another process takes longer than all of the pictures. */
async function encode(
  pictures: readonly Uint8Array[],
  { size, folder, signal }: { size: PictureSize; folder: string; signal: AbortSignal },
): Promise<void> {
  for (let first = 0; first < pictures.length; first += AT_ONCE) {
    if (signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
    const next = pictures.slice(first, first + AT_ONCE);
    await Promise.all(
      next.map(async (picture, i) => {
        const raw = { ...size, channels: 3 } as const;
        const jpeg = await sharp(toRgb(picture, size), { raw }).jpeg({ quality: QUALITY }).toBuffer();
        await writeFile(path.join(folder, nameOf(first + i)), jpeg);
      }),
    );
  }
}
