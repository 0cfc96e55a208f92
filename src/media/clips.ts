import { Failure } from '../failure.js';
import { CLIP_SIDE, clipFrame, usedRegion } from './clip-frame.js';
import type { DecodedTrailer, Shot } from './decoded.js';
import type { MediaFacts, VideoFacts } from './facts.js';
import { frameClock, SAME_TIME_SECONDS } from './frame-clock.js';
import type { DecodedSegment, Segment } from './joined-segments.js';
import { keyFrameSeconds, type PacketList, readPackets, trailerSeconds } from './packets.js';
import { normalisedSize, type PictureSize } from './picture-size.js';
import { type PictureFormat, startReading } from './reading.js';
import { oneField, ordinaryRange } from './viewing.js';

/** Frames that a signal asks for: `frames` of them, `spacingSeconds` apart, the first at `startSeconds`. */
export interface ClipRequest {
  /** Seconds from the trailer's first frame. */
  startSeconds: number;
  frames: number;
  spacingSeconds: number;
}

export interface Clip {
  /** Time of each frame, seconds of the trailer. */
  times: number[];
  /** RGB24, frames × CLIP_SIDE × CLIP_SIDE × 3, frame after frame, row after row. */
  data: Uint8Array;
}

const TIMEOUT_SECONDS = 300;
const SCALING = 'flags=bilinear+accurate_rnd+full_chroma_int';

/**
 * Exactly the frames that are asked for, in full quality, each as `clipFrame` makes it. The same file gives the same
 * bytes on any number of threads.
 * @throws Failure MEDIA_NO_STREAMS without a picture, MEDIA_DECODE_FAILED, MEDIA_TIMEOUT, CANCELLED
 */
export async function decodeClips(
  input: { path: string; facts: MediaFacts; clips: readonly ClipRequest[] },
  context: { signal: AbortSignal },
): Promise<Clip[]> {
  const { video } = input.facts;
  if (!video)
    throw new Failure(
      'MEDIA_NO_STREAMS',
      'The file has no picture to take clips from. Send one with a picture.',
    );
  if (input.clips.length === 0) return [];
  const packets = await readPackets(input.path, video, context.signal);
  const wanted = input.clips.map((clip) => timesOf(clip, packets));
  const times = wanted.flat();
  const job = { path: input.path, video, packets, times };
  const segments = segmentsAround(times, packets);
  const near = await readWanted({ ...job, segments }, context.signal);
  // Some key frames are none to the decoder; then only the file's beginning is a place to start.
  const isWhole = times.every((time) => near.has(time));
  const pictures = isWhole ? near : await readWanted({ ...job, segments: null }, context.signal);
  return wanted.map((times) => ({ times, data: joined(times, pictures) }));
}

/** The times of the frames that are on screen at the moments of a clip. */
function timesOf({ startSeconds, frames, spacingSeconds }: ClipRequest, packets: PacketList): number[] {
  const shown = Float64Array.from(packets.pts, (pts) => trailerSeconds(packets, pts)).sort();
  return Array.from({ length: frames }, (_, k) => {
    const moment = startSeconds + k * spacingSeconds + SAME_TIME_SECONDS;
    const after = shown.findIndex((time) => time > moment);
    return shown[Math.max(0, (after < 0 ? shown.length : after) - 1)] as number;
  });
}

async function readWanted(
  input: {
    path: string;
    video: VideoFacts;
    packets: PacketList;
    times: readonly number[];
    segments: readonly DecodedSegment[] | null;
  },
  signal: AbortSignal,
): Promise<Map<number, Uint8Array>> {
  const { path, video, packets, times, segments } = input;
  const zero = packets.firstPts * packets.timeBase;
  const inFile = <T extends Segment>(segment: T): T => ({
    ...segment,
    from: segment.from + zero,
    to: segment.to + zero,
  });
  const timeOf = frameClock(packets);
  const size = normalisedSize(video);
  const region = usedRegion(size);
  const whole = { ...size, x: region.x, y: region.y };
  const wanted = new Set(times);
  const found = new Map<number, Uint8Array>();
  const reading = await startReading(
    {
      path,
      pictures: {
        streamIndex: video.streamIndex,
        outputs: [
          { format: clipPictures(size, video), selection: { stretches: stretches(times).map(inFile) } },
        ],
        frames: 'ALL',
        segments: segments?.map(inFile) ?? null,
        leadSeconds: packets.leadSeconds,
      },
      sound: null,
      subtitles: [],
      timeoutSeconds: TIMEOUT_SECONDS,
    },
    signal,
  );
  for await (const { seconds, data } of reading.pictures[0] ?? []) {
    const time = timeOf(seconds);
    if (wanted.has(time)) found.set(time, clipFrame({ ...region, data }, whole));
  }
  await reading.ended;
  return found;
}

/** Entering the file once more costs about as much as decoding this much of a small film. */
const ENTRY_SECONDS = 0.25;

/**
 * From the key frame before each wanted frame to just behind it; what overlaps is decoded once. A segment is read on
 * for as long as sound runs ahead of the pictures, so what begins by then is no segment of its own.
 */
function segmentsAround(times: readonly number[], packets: PacketList): DecodedSegment[] {
  const keys = keyFrameSeconds(packets);
  const reach = packets.leadSeconds + ENTRY_SECONDS;
  const segments: DecodedSegment[] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const from = keys.findLast((key) => key <= time + SAME_TIME_SECONDS) ?? 0;
    const last = segments.at(-1);
    if (last && from <= last.to + reach) last.to = time + SAME_TIME_SECONDS;
    else segments.push({ from, to: time + SAME_TIME_SECONDS, isLate: false });
  }
  return segments;
}

/**
 * Wanted frames less than this apart are one stretch. At 60 frames a second they are neighbours; a frame between two
 * wanted ones would cost a conversion and, at 1080p, 6 MB through the pipe.
 */
const STRETCH_GAP_SECONDS = 0.02;

function stretches(times: readonly number[]): Segment[] {
  const found: { from: number; to: number }[] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && time - last.to < STRETCH_GAP_SECONDS) last.to = time + SAME_TIME_SECONDS;
    else found.push({ from: time - SAME_TIME_SECONDS, to: time + SAME_TIME_SECONDS });
  }
  return found;
}

/** Pictures in square pixels at the normalised height, less what `clipFrame`, which does the rest, has no use for. */
function clipPictures({ width, height }: PictureSize, video: VideoFacts): PictureFormat {
  const region = usedRegion({ width, height });
  const size = `${region.width}:${region.height}`;
  const scaling = `${size}:${SCALING}`;
  const filters = [
    ...oneField(video),
    `scale=${width}:${height}:${SCALING}`,
    `crop=${size}:${region.x}:${region.y}:exact=1`,
    ...ordinaryRange(video, scaling),
    // The colours are converted with the care that scaling takes; a bare `format` loses a level and a half.
    ...[`scale=${scaling}`, 'format=rgb24'],
  ];
  return { filter: filters.join(','), bytes: region.width * region.height * 3 };
}

function joined(times: readonly number[], pictures: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const bytes = CLIP_SIDE * CLIP_SIDE * 3;
  const data = new Uint8Array(times.length * bytes);
  times.forEach((time, index) => {
    const picture = pictures.get(time);
    if (!picture) {
      const at = time.toFixed(2);
      throw new Failure(
        'MEDIA_DECODE_FAILED',
        `The frame at ${at} s could not be decoded. Send the file again, or export it anew.`,
      );
    }
    data.set(picture, index * bytes);
  });
  return data;
}

/** A clip that stands for a shot. */
export interface ShotClip extends ClipRequest {
  shotIndex: number;
}

/**
 * Clips that lie inside content shots, one a shot, in the order of time. Decoding begins at key frames, so a shot
 * that has one with room for the clip behind it is preferred, and its clip starts there; of equals the longest.
 */
export function clipsInShots(
  { shots, keyFrames }: Pick<DecodedTrailer, 'shots' | 'keyFrames'>,
  options: { clips: number; frames: number; spacingSeconds: number },
): ShotClip[] {
  const length = options.frames * options.spacingSeconds;
  return shots
    .filter((shot) => shot.kind === 'CONTENT')
    .map((shot) => ({ shot, key: keyFrames.find((key) => isEntry(key, shot, length)) }))
    .toSorted((a, b) => entries(b) - entries(a) || seconds(b.shot) - seconds(a.shot))
    .slice(0, options.clips)
    .toSorted((a, b) => a.shot.index - b.shot.index)
    .map(({ shot, key = shot.startSeconds }) => ({
      shotIndex: shot.index,
      startSeconds: key,
      frames: options.frames,
      // A shot shorter than the clip gives its frames closer together.
      spacingSeconds: Math.min(options.spacingSeconds, (shot.endSeconds - key) / options.frames),
    }));
}

const entries = ({ key }: { key: number | undefined }) => (key === undefined ? 0 : 1);

/** Whether a clip can begin there: on the shot's first frame, or with room for all of it. */
function isEntry(key: number, { startSeconds, endSeconds }: Shot, length: number): boolean {
  const isFirst = Math.abs(key - startSeconds) < SAME_TIME_SECONDS;
  return isFirst || (key > startSeconds && key + length <= endSeconds);
}

function seconds(shot: Shot): number {
  return shot.endSeconds - shot.startSeconds;
}
