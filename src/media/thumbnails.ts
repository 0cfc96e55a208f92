import { Failure } from '../failure.js';
import { startChild } from './child.js';
import type { Shot } from './decoded.js';
import { isBlack } from './fades.js';
import type { KeptFrame } from './kept-frames.js';
import type { PictureSize } from './picture-size.js';
import { replaceFolder } from './replace-folder.js';

/** Mean absolute luma step of neighbours; pictures below it show nothing that an eye can hold on to. */
const MIN_SHARPNESS = 0.1;
/** Light that shows most: neither night nor glare. */
const MIN_LUMA = 20;
const MAX_LUMA = 240;
const TIMEOUT_SECONDS = 60;

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

async function encode(
  pictures: readonly Uint8Array[],
  { size, folder, signal }: { size: PictureSize; folder: string; signal: AbortSignal },
): Promise<void> {
  const child = await startChild({
    program: 'ffmpeg',
    args: [
      ...['-hide_banner', '-v', 'error', '-nostats', '-f', 'rawvideo', '-pix_fmt', 'yuvj420p'],
      ...['-s', `${size.width}x${size.height}`, '-i', 'pipe:0'],
      ...['-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2', '-start_number', '0', '%05d.jpg'],
    ],
    folder,
    stdin: pictures,
    timeoutSeconds: TIMEOUT_SECONDS,
    signal,
  });
  const { code, stderr } = await child.ended;
  if (code !== 0) {
    throw new Failure('INTERNAL', 'The thumbnails could not be written. The log has the details.', {
      cause: new Error(stderr),
    });
  }
}
