import type { Joints } from './cuts.js';
import { neededFrames } from './decode-plan.js';
import type { DecodedTrailer } from './decoded.js';
import type { VideoFacts } from './facts.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import type { RawFrame } from './frame-reader.js';
import { gopsOf } from './gops.js';
import type { DecodedSegment } from './joined-segments.js';
import { keptSpacing } from './kept-frames.js';
import { judgeKeyFrames } from './key-frames.js';
import { byTime, frameAt, look, type Seen } from './look.js';
import { type PacketList, trailerSeconds } from './packets.js';
import { type PictureSize, scanPictures, scanSize, smallPictures } from './picture-size.js';
import { GAP_SECONDS, type PicturePlan } from './reading.js';
import { isLate, type Window } from './windows.js';

/** What was seen of a trailer's pictures. Times are seconds of the trailer. */
export interface Pictures extends Seen {
  joints: Joints;
  /** Stretches that were entered late; see `Window`. */
  late: readonly Window[];
  decodePath: DecodedTrailer['decodePath'];
}

/** Opens the file for pictures alone, all of it for null; the caller ends what it started. */
export type OpenPictures = (
  segments: readonly DecodedSegment[] | null,
) => Promise<AsyncGenerator<RawFrame>[]>;

export interface PictureStream {
  video: VideoFacts;
  packets: PacketList;
  size: PictureSize;
  /** What is to be decoded first; null for everything. */
  windows: readonly Window[] | null;
  /** Called with the trailer's time of each frame that is seen. */
  progress(seconds: number): void;
}

/** How the stream is read: every frame as shots are found in, and some of them as they are shown. */
export function picturePlan(
  { video, size, packets }: PictureStream,
  segments: readonly DecodedSegment[] | null,
): PicturePlan {
  const everySeconds = keptSpacing(trailerSeconds(packets, packets.endPts));
  return {
    streamIndex: video.streamIndex,
    outputs: [
      { format: scanPictures(scanSize(video), video), selection: 'ALL' },
      { format: smallPictures(size, video), selection: { everySeconds } },
    ],
    frames: neededFrames(video.codec),
    segments,
    leadSeconds: packets.leadSeconds,
  };
}

/** The stretches of the file that are windows of the trailer. */
export function segmentsOf(windows: readonly Window[], { packets }: PictureStream): DecodedSegment[] {
  const zero = packets.firstPts * packets.timeBase;
  return windows.map((window) => ({
    from: window.from + zero,
    to: window.to + zero,
    isLate: isLate(window),
  }));
}

/** Late windows that are decoded side by side: each is a process that starts longer than it decodes. */
const LATE_AT_ONCE = 2;

/**
 * Looks at as few pictures as shots, thumbnails and measures need: windows that packet sizes ask for first; then,
 * where the key frames among them leave it open, more; everything, where a container's key frames are none.
 * @param first the stream's windows that begin at key frames, already streaming by `picturePlan`
 */
export async function readPictures(
  first: AsyncGenerator<RawFrame>[],
  stream: PictureStream,
  open: OpenPictures,
): Promise<Pictures> {
  const { windows } = stream;
  if (windows === null) return whole(await look(first, stream));
  const late = windows.filter(isLate);
  const [early, looks] = await Promise.all([look(first, stream), lookLate(late, stream, open)]);
  const seen = looks.reduce((all, own, i) => together(all, own, [late[i]!]), early);
  const gops = gopsOf(stream.packets);
  const keys = gops.map(({ startSeconds }) => frameAt(seen.frames, startSeconds));
  if (keys.every((key) => key !== undefined)) {
    const { windows: more, cutsAtKeys } = judgeKeyFrames(gops, { keys, frames: seen.frames, windows });
    if (more.length === 0) return joined(seen, windows, cutsAtKeys);
    const second = await look(await open(segmentsOf(more, stream)), stream);
    const isNew = (window: Window) => !more.some(({ from, to }) => window.from < to && window.to > from);
    const all = [...windows.filter(isNew), ...more].toSorted((a, b) => a.from - b.from);
    return joined(together(seen, second, more), all, cutsAtKeys);
  }
  return whole(await look(await open(null), stream));
}

/** What each late window shows, one process each. */
async function lookLate(late: readonly Window[], stream: PictureStream, open: OpenPictures): Promise<Seen[]> {
  // They end sooner than the windows they stand beside, which tell how far the work is.
  const silent = { ...stream, progress: () => undefined };
  const looks: Seen[] = [];
  for (let i = 0; i < late.length; i += LATE_AT_ONCE) {
    const next = late.slice(i, i + LATE_AT_ONCE);
    const own = next.map(async (window) => look(await open(segmentsOf([window], stream)), silent));
    looks.push(...(await Promise.all(own)));
  }
  return looks;
}

function whole(seen: Seen): Pictures {
  return { ...seen, joints: new Map(), late: [], decodePath: 'FULL' };
}

/** What was seen in two runs; of the windows of the second, its own frames. */
function together(first: Seen, second: Seen, windows: readonly Window[]): Seen {
  const isOutside = ({ seconds }: { seconds: number }) => windowAt(windows, seconds) < 0;
  return {
    frames: [...first.frames.filter(isOutside), ...second.frames].toSorted(byTime),
    kept: [...first.kept.filter(({ measures }) => isOutside(measures)), ...second.kept].toSorted((a, b) =>
      byTime(a.measures, b.measures),
    ),
  };
}

/** Windows as one sequence that knows its gaps. */
function joined(seen: Seen, windows: readonly Window[], cutsAtKeys: readonly number[]): Pictures {
  const late = windows.filter(isLate);
  const joints = new Map<number, boolean>();
  seen.frames.forEach(({ seconds }, index) => {
    const previous = seen.frames[index - 1];
    if (!previous || windowAt(windows, seconds) === windowAt(windows, previous.seconds)) return;
    // Windows that end just before the next one begins leave out nothing but what the decoder leaves out anyway.
    if (seconds - previous.seconds <= GAP_SECONDS && windowAt(late, seconds) < 0) return;
    joints.set(
      index,
      cutsAtKeys.some((cut) => Math.abs(cut - seconds) < SAME_TIME_SECONDS),
    );
  });
  return { ...seen, joints, late, decodePath: 'WINDOWS' };
}

function windowAt(windows: readonly Window[], time: number): number {
  return windows.findIndex(({ from, to }) => time >= from - SAME_TIME_SECONDS && time < to);
}
