import type { Joints } from './cuts.js';
import { fullFrames, gopsOf, hasUsefulKeyFrames, planWindows, type WindowPlan } from './decode-plan.js';
import type { DecodedTrailer } from './decoded.js';
import type { VideoFacts } from './facts.js';
import { type FrameMeasures, measureFrame } from './frame-measures.js';
import type { RawFrame } from './frame-reader.js';
import { FrameKeeper, type KeptFrame } from './kept-frames.js';
import { type PacketList, trailerSeconds } from './packets.js';
import type { PictureSize } from './picture-size.js';
import type { PicturePlan } from './reading.js';

/** What was seen of a trailer's pictures. Times are seconds of the trailer. */
export interface Pictures {
  /** Every frame that was decoded, in the order of time. */
  frames: FrameMeasures[];
  joints: Joints;
  /** Some of them with their picture. */
  kept: KeptFrame[];
  decodePath: DecodedTrailer['decodePath'];
}

/** Opens the file for pictures alone; the caller ends what it started. */
export type OpenPictures = (
  plan: Pick<PicturePlan, 'frames' | 'segments'>,
) => Promise<AsyncGenerator<RawFrame>>;

export interface PictureStream {
  video: VideoFacts;
  packets: PacketList;
  size: PictureSize;
  /** Called with the trailer's time of each frame that is seen. */
  progress(seconds: number): void;
}

/** Beyond it, windows save too little to pay for entering the file again and again. */
const MAX_WINDOW_SHARE = 0.9;
/** Times of one frame that took different ways through ffmpeg differ by less. */
const SAME_TIME_SECONDS = 0.002;

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
 * @param first the frames that `firstFrames` named, already streaming
 */
export async function readPictures(
  first: AsyncGenerator<RawFrame>,
  stream: PictureStream,
  open: OpenPictures,
): Promise<Pictures> {
  const seen = await look(first, stream);
  if (firstFrames(stream) !== 'KEY') return { ...seen, joints: new Map(), decodePath: 'FULL' };
  const gops = gopsOf(
    stream.packets,
    seen.frames.map((frame) => frame.seconds),
  );
  const plan = planWindows(
    gops,
    gops.map((gop) => frameAt(seen.frames, gop.startSeconds)),
  );
  if (plan.segments.length === 0) return joined(seen, { frames: [], kept: [] }, plan);
  if (plan.share <= MAX_WINDOW_SHARE) {
    const zero = stream.packets.firstPts * stream.packets.timeBase;
    const segments = plan.segments.map(({ from, to }) => ({ from: from + zero, to: to + zero }));
    const windows = await look(await open({ frames: 'REFERENCE', segments }), stream);
    // Some containers cannot be entered at a key frame; then the windows show something else than planned.
    if (plan.segments.every(({ from }) => frameAt(windows.frames, from))) return joined(seen, windows, plan);
  }
  const everything = await look(await open({ frames: 'REFERENCE', segments: null }), stream);
  return { ...everything, joints: new Map(), decodePath: 'FULL' };
}

type Seen = Pick<Pictures, 'frames' | 'kept'>;

async function look(
  frames: AsyncGenerator<RawFrame>,
  { packets, size, progress }: PictureStream,
): Promise<Seen> {
  const keeper = new FrameKeeper(trailerSeconds(packets, packets.endPts));
  const zero = packets.firstPts * packets.timeBase;
  const shown = Float64Array.from(packets.pts, (pts) => trailerSeconds(packets, pts)).sort();
  const seen: FrameMeasures[] = [];
  for await (const frame of frames) {
    const measures = measureFrame(frame.data, size, nearest(shown, frame.seconds - zero));
    seen.push(measures);
    keeper.take(measures, frame.data);
    progress(measures.seconds);
  }
  return { frames: seen, kept: keeper.kept };
}

/** The frame's own time: on the way through segments, containers that count in milliseconds move it by one. */
function nearest(shown: Float64Array, seconds: number): number {
  let low = 0;
  let high = shown.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shown[middle] as number) < seconds - SAME_TIME_SECONDS) low = middle + 1;
    else high = middle;
  }
  const found = shown[low] ?? seconds;
  return Math.abs(found - seconds) <= SAME_TIME_SECONDS ? found : seconds;
}

/** Key frames and windows as one sequence that knows its gaps. */
function joined(keys: Seen, windows: Seen, plan: WindowPlan): Pictures {
  const segmentOf = (seconds: number) =>
    plan.segments.findIndex(({ from, to }) => seconds >= from - SAME_TIME_SECONDS && seconds < to);
  const outside = <T extends { seconds: number }>(frame: T) => segmentOf(frame.seconds) < 0;
  const byTime = (a: { seconds: number }, b: { seconds: number }) => a.seconds - b.seconds;
  const frames = [...keys.frames.filter(outside), ...windows.frames].toSorted(byTime);
  const kept = [...keys.kept.filter(({ measures }) => outside(measures)), ...windows.kept];
  const joints = new Map<number, boolean>();
  frames.forEach((frame, index) => {
    const segment = segmentOf(frame.seconds);
    const previous = frames[index - 1];
    if (!previous || (segment >= 0 && segment === segmentOf(previous.seconds))) return;
    joints.set(
      index,
      plan.cutsAtKeys.some((cut) => Math.abs(cut - frame.seconds) < SAME_TIME_SECONDS),
    );
  });
  return {
    frames,
    joints,
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
