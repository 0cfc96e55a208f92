import { Failure } from '../failure.js';
import { CLIP_SIDE, clipFrame } from './clip-frame.js';
import { isSmallFilm } from './decode-plan.js';
import type { Shot } from './decoded.js';
import type { MediaFacts, VideoFacts } from './facts.js';
import { type PacketList, readPackets, trailerSeconds } from './packets.js';
import { type PictureFormat, type Segment, startReading } from './reading.js';

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
  // Entering a small film at every clip takes longer than running through it once.
  const segments = isSmallFilm(packets, video) ? null : segmentsAround(times, packets);
  const near = await readWanted({ ...job, segments }, context.signal);
  // Some key frames are none to the decoder; then only the file's beginning is a place to start.
  const isWhole = segments === null || times.every((time) => near.has(tick(time)));
  const pictures = isWhole ? near : await readWanted({ ...job, segments: null }, context.signal);
  return wanted.map((times) => ({ times, data: joined(times, pictures) }));
}

/** The times of the frames that are on screen at the moments of a clip. */
function timesOf({ startSeconds, frames, spacingSeconds }: ClipRequest, packets: PacketList): number[] {
  const shown = Float64Array.from(packets.pts, (pts) => trailerSeconds(packets, pts)).sort();
  return Array.from({ length: frames }, (_, k) => {
    const moment = startSeconds + k * spacingSeconds + TICK_SECONDS;
    const after = shown.findIndex((time) => time > moment);
    return shown[Math.max(0, (after < 0 ? shown.length : after) - 1)] as number;
  });
}

const TICK_SECONDS = 0.001;
const tick = (seconds: number) => Math.round(seconds / TICK_SECONDS);

async function readWanted(
  input: {
    path: string;
    video: VideoFacts;
    packets: PacketList;
    times: readonly number[];
    segments: readonly Segment[] | null;
  },
  signal: AbortSignal,
): Promise<Map<number, Uint8Array>> {
  const { path, video, packets, times, segments } = input;
  const zero = packets.firstPts * packets.timeBase;
  const wanted = new Set(times.map(tick));
  const found = new Map<number, Uint8Array>();
  const reading = await startReading(
    {
      path,
      pictures: {
        streamIndex: video.streamIndex,
        format: clipPictures(video),
        frames: 'ALL',
        only: stretches(times).map(({ from, to }) => ({ from: from + zero, to: to + zero })),
        segments: segments?.map(({ from, to }) => ({ from: from + zero, to: to + zero })) ?? null,
      },
      sound: null,
      subtitles: [],
      timeoutSeconds: TIMEOUT_SECONDS,
    },
    signal,
  );
  for await (const { seconds, data } of reading.frames ?? []) {
    const time = tick(seconds - zero);
    if (wanted.has(time)) found.set(time, clipFrame({ width: video.width, height: video.height, data }));
  }
  await reading.ended;
  return found;
}

/** From the key frame before each wanted frame to just behind it; what overlaps is decoded once. */
function segmentsAround(times: readonly number[], packets: PacketList): Segment[] {
  const keys = Array.from(
    packets.pts.filter((_, i) => packets.isKey[i] === 1),
    (pts) => trailerSeconds(packets, pts),
  ).toSorted((a, b) => a - b);
  const segments: { from: number; to: number }[] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const from = keys.findLast((key) => key <= time + TICK_SECONDS) ?? 0;
    const last = segments.at(-1);
    if (last && from <= last.to) last.to = time + TICK_SECONDS;
    else segments.push({ from, to: time + TICK_SECONDS });
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
    if (last && time - last.to < STRETCH_GAP_SECONDS) last.to = time + TICK_SECONDS;
    else found.push({ from: time - TICK_SECONDS, to: time + TICK_SECONDS });
  }
  return found;
}

/** Whole pictures in square pixels: `clipFrame` does the scaling. */
function clipPictures({ width, height }: VideoFacts): PictureFormat {
  return {
    // The colours are converted with the care that scaling takes; a bare `format` loses a level and a half.
    filter: `scale=${width}:${height}:${SCALING},format=rgb24`,
    bytes: width * height * 3,
  };
}

function joined(times: readonly number[], pictures: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const bytes = CLIP_SIDE * CLIP_SIDE * 3;
  const data = new Uint8Array(times.length * bytes);
  times.forEach((time, index) => {
    const picture = pictures.get(tick(time));
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

/**
 * Clips that lie inside content shots, spread over the trailer, longest shots first; each starts where its shot
 * does, which is where decoding can usually begin.
 */
export function clipsInShots(
  shots: readonly Shot[],
  options: { clips: number; frames: number; spacingSeconds: number },
): ClipRequest[] {
  return shots
    .filter((shot) => shot.kind === 'CONTENT')
    .toSorted((a, b) => seconds(b) - seconds(a) || a.index - b.index)
    .slice(0, options.clips)
    .toSorted((a, b) => a.index - b.index)
    .map((shot) => ({
      startSeconds: shot.startSeconds,
      frames: options.frames,
      // A shot shorter than the clip gives its frames closer together.
      spacingSeconds: Math.min(options.spacingSeconds, seconds(shot) / options.frames),
    }));
}

function seconds(shot: Shot): number {
  return shot.endSeconds - shot.startSeconds;
}
