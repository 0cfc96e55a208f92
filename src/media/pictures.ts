import type { Joints } from './cuts.js';
import {
  fullFrames,
  hasUsefulKeyFrames,
  isLate,
  planWindows,
  type Window,
  type WindowPlan,
} from './decode-plan.js';
import type { DecodedTrailer } from './decoded.js';
import type { VideoFacts } from './facts.js';
import { frameClock, SAME_TIME_SECONDS } from './frame-clock.js';
import { type FrameMeasures, measureFrame } from './frame-measures.js';
import type { RawFrame } from './frame-reader.js';
import { gopsOf } from './gops.js';
import { type KeptFrame, keptFrames, keptSpacing, MAX_KEPT, type SmallPicture } from './kept-frames.js';
import { type PacketList, trailerSeconds } from './packets.js';
import { type PictureSize, scanPictures, scanSize, smallPictures } from './picture-size.js';
import type { PictureOutput, PicturePlan } from './reading.js';

/** What was seen of a trailer's pictures. Times are seconds of the trailer. */
export interface Pictures {
  /** Every frame that was decoded, in the order of time. */
  frames: FrameMeasures[];
  joints: Joints;
  /** Stretches that were entered late; see `Window`. */
  late: readonly Window[];
  /** Some of them with their picture. */
  kept: KeptFrame[];
  decodePath: DecodedTrailer['decodePath'];
}

/** Opens the file for pictures alone; the caller ends what it started. */
export type OpenPictures = (
  plan: Pick<PicturePlan, 'frames' | 'segments'>,
) => Promise<AsyncGenerator<RawFrame>[]>;

export interface PictureStream {
  video: VideoFacts;
  packets: PacketList;
  size: PictureSize;
  /** See `canEnterLate`. */
  entersLate: boolean;
  /** Called with the trailer's time of each frame that is seen. */
  progress(seconds: number): void;
}

/** Beyond it, windows save too little to pay for entering the file again and again. */
const MAX_WINDOW_SHARE = 0.9;

/** Every frame as shots are found in, and some of them as they are shown. */
export function pictureOutputs({ video, size, packets }: PictureStream): PictureOutput[] {
  const everySeconds = keptSpacing(trailerSeconds(packets, packets.endPts));
  return [
    { format: scanPictures(scanSize(video)), selection: 'ALL' },
    { format: smallPictures(size, video), selection: { everySeconds } },
  ];
}

/** The frames to ask for first. */
export function firstFrames({
  packets,
  video,
}: Pick<PictureStream, 'packets' | 'video'>): PicturePlan['frames'] {
  return hasUsefulKeyFrames(packets, video) ? 'KEY' : fullFrames(video.codec);
}

/**
 * Looks at as few pictures as shots, thumbnails and measures need: key frames first; then, where these and the
 * packets' sizes leave it open, windows; everything, where windows would be nearly everything.
 * @param first the frames that `firstFrames` named, already streaming as `pictureOutputs`
 */
export async function readPictures(
  first: AsyncGenerator<RawFrame>[],
  stream: PictureStream,
  open: OpenPictures,
): Promise<Pictures> {
  const seen = await look(first, stream);
  if (firstFrames(stream) !== 'KEY') return { ...seen, ...WITHOUT_GAPS };
  const gops = gopsOf(
    stream.packets,
    seen.frames.map((frame) => frame.seconds),
  );
  const plan = planWindows(
    gops,
    gops.map((gop) => frameAt(seen.frames, gop.startSeconds)),
    stream.entersLate,
  );
  if (plan.windows.length === 0) return joined(seen, { frames: [], kept: [] }, plan);
  if (plan.share <= MAX_WINDOW_SHARE) {
    const zero = stream.packets.firstPts * stream.packets.timeBase;
    const segments = plan.windows.map(({ from, to, keySeconds }) => ({
      from: from + zero,
      to: to + zero,
      keySeconds: keySeconds + zero,
    }));
    const windows = await look(await open({ frames: 'REFERENCE', segments }), stream);
    // Some containers cannot be entered at a key frame; then the windows show something else than planned.
    const isEntered = (window: Window) => isLate(window) || frameAt(windows.frames, window.from);
    if (plan.windows.every(isEntered)) return joined(seen, windows, plan);
  }
  const everything = await look(await open({ frames: 'REFERENCE', segments: null }), stream);
  return { ...everything, ...WITHOUT_GAPS };
}

const byTime = (a: { seconds: number }, b: { seconds: number }) => a.seconds - b.seconds;

type Seen = Pick<Pictures, 'frames' | 'kept'>;

const WITHOUT_GAPS = { joints: new Map(), late: [], decodePath: 'FULL' } as const;

async function look([scanned, shown]: AsyncGenerator<RawFrame>[], stream: PictureStream): Promise<Seen> {
  if (!scanned || !shown) return { frames: [], kept: [] };
  const timeOf = frameClock(stream.packets);
  const [frames, pictures] = await Promise.all([measured(scanned, stream, timeOf), collected(shown, timeOf)]);
  // Around the joints of windows that are entered late, a decoder mixes up the order.
  frames.sort(byTime);
  pictures.sort(byTime);
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

/** Key frames and windows as one sequence that knows its gaps. */
function joined(keys: Seen, windows: Seen, plan: WindowPlan): Pictures {
  const windowOf = (seconds: number) =>
    plan.windows.findIndex(({ from, to }) => seconds >= from - SAME_TIME_SECONDS && seconds < to);
  const outside = <T extends { seconds: number }>(frame: T) => windowOf(frame.seconds) < 0;
  const frames = [...keys.frames.filter(outside), ...windows.frames].toSorted(byTime);
  const kept = [...keys.kept.filter(({ measures }) => outside(measures)), ...windows.kept];
  const joints = new Map<number, boolean>();
  frames.forEach((frame, index) => {
    const window = windowOf(frame.seconds);
    const previous = frames[index - 1];
    if (!previous || (window >= 0 && window === windowOf(previous.seconds))) return;
    joints.set(
      index,
      plan.cutsAtKeys.some((cut) => Math.abs(cut - frame.seconds) < SAME_TIME_SECONDS),
    );
  });
  return {
    frames,
    joints,
    late: plan.windows.filter(isLate),
    kept: kept.toSorted((a, b) => byTime(a.measures, b.measures)),
    decodePath: windows.frames.length > 0 ? 'WINDOWS' : 'KEY_FRAMES',
  };
}

function frameAt(frames: readonly FrameMeasures[], seconds: number): FrameMeasures | undefined {
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
