import { frameClock, SAME_TIME_SECONDS } from './frame-clock.js';
import { type FrameMeasures, measureFrame } from './frame-measures.js';
import type { RawFrame } from './frame-reader.js';
import { type KeptFrame, keptFrames, MAX_KEPT, type SmallPicture } from './kept-frames.js';
import { scanSize } from './picture-size.js';
import type { PictureStream } from './pictures.js';

/** What one run of the decoder showed, in the order of time. */
export interface Seen {
  /** Every frame that was decoded. */
  frames: FrameMeasures[];
  /** Some of them with their picture. */
  kept: KeptFrame[];
}

export const byTime = (a: { seconds: number }, b: { seconds: number }) => a.seconds - b.seconds;

/** Reads two streams of pictures to their end: the ones as `scanPictures`, the others as `smallPictures`. */
export async function look(
  [scanned, shown]: AsyncGenerator<RawFrame>[],
  stream: PictureStream,
): Promise<Seen> {
  if (!scanned || !shown) return { frames: [], kept: [] };
  const timeOf = frameClock(stream.packets);
  const [frames, pictures] = await Promise.all([measured(scanned, stream, timeOf), collected(shown, timeOf)]);
  return { frames, kept: keptFrames(pictures, (seconds) => frameAt(frames, seconds)) };
}

async function measured(
  scanned: AsyncGenerator<RawFrame>,
  { video, progress }: PictureStream,
  timeOf: (fileSeconds: number) => number,
): Promise<FrameMeasures[]> {
  const size = scanSize(video);
  const frames: FrameMeasures[] = [];
  for await (const { seconds, data } of scanned) {
    const measures = measureFrame(data, size, timeOf(seconds));
    frames.push(measures);
    progress(measures.seconds);
  }
  return frames;
}

async function collected(
  shown: AsyncGenerator<RawFrame>,
  timeOf: (fileSeconds: number) => number,
): Promise<SmallPicture[]> {
  const pictures: SmallPicture[] = [];
  for await (const { seconds, data } of shown) {
    // Each may bring its successor. What is more is read on, so that the process can finish, but not kept.
    if (pictures.length < 2 * MAX_KEPT) pictures.push({ seconds: timeOf(seconds), data: data.slice() });
  }
  return pictures;
}

/** The frame of that time. `frames` are in the order of time. */
export function frameAt(frames: readonly FrameMeasures[], seconds: number): FrameMeasures | undefined {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] as FrameMeasures).seconds < seconds - SAME_TIME_SECONDS) low = middle + 1;
    else high = middle;
  }
  const found = frames[low];
  return found && found.seconds < seconds + SAME_TIME_SECONDS ? found : undefined;
}
