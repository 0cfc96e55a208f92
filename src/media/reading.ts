import type { Readable } from 'node:stream';
import { INPUT, inputLimits, outputName, startChild } from './child.js';
import { FORMATS } from './formats.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import { FrameTimes, type RawFrame, readFrames } from './frame-reader.js';
import { MAX_PIXELS } from './probe.js';
import type { Program } from './program.js';

/** What one ffmpeg process shall read out of one file, all of it in one go. */
export interface ReadingPlan {
  path: string;
  pictures: PicturePlan | null;
  sound: SoundPlan | null;
  /** Stream indices of text subtitles. */
  subtitles: readonly number[];
  timeoutSeconds: number;
}

export interface PicturePlan {
  streamIndex: number;
  /** What comes out of the decoder, a pipe each. */
  outputs: readonly PictureOutput[];
  /** `KEY`: key frames only. `REFERENCE`: all but the frames that no other frame needs. `ALL`: in full quality too. */
  frames: 'ALL' | 'REFERENCE' | 'KEY';
  /** Stretches to decode, in time; null for the whole file. */
  segments: readonly Segment[] | null;
  /** See `PacketList.leadSeconds`: a segment ends where any stream's packet is behind it. */
  leadSeconds: number;
}

export interface PictureOutput {
  format: PictureFormat;
  /** Which of the decoded frames come out; what does not costs no conversion. */
  selection: FrameSelection;
}

/**
 * `ALL`; the frames within `stretches`; or one each `seconds`, the first behind each gap, and the successor of each
 * of these.
 */
export type FrameSelection = 'ALL' | { stretches: readonly Segment[] } | { everySeconds: number };

/** How pictures come out of a pipe. */
export interface PictureFormat {
  /** ffmpeg's filters that make them so. */
  filter: string;
  /** Bytes of one picture. */
  bytes: number;
}

/** A stretch of the file, in seconds of its own clock; where decoding begins there, a key frame is at `from`. */
export interface Segment {
  from: number;
  to: number;
}

export interface SoundPlan {
  streamIndex: number;
  /** The file's time that becomes sample 0; earlier sound is cut, a later start is filled with silence. */
  zeroSeconds: number;
}

/** A running process and its pipes. Every pipe must be read, or all of them stand still. */
export interface Reading {
  /** One for each planned output of pictures. Times in seconds of the file's own clock. */
  pictures: AsyncGenerator<RawFrame>[];
  /** 32-bit float samples, 16 kHz mono; null when no sound was planned. */
  sound: Readable | null;
  /** SubRip text in the file's own clock, one pipe a planned track. */
  subtitles: Readable[];
  ended: Program['ended'];
  kill(): void;
}

/**
 * ffmpeg's concat demuxer joins segments in one process with one decoder. Each is given a stretch of this many
 * seconds, so that a frame's time says which segment it came from. Longer than any trailer.
 */
const SEGMENT_SPACING_SECONDS = 100_000;
/** The deblocking filter costs a fifth of decoding H.264 and HEVC; at a sixth of the size nobody sees it missing. */
const FAST_DECODING = ['-skip_loop_filter', 'all'];
const SAMPLE_RATE = 16_000;

/** @throws Failure what `startChild` throws */
export async function startReading(plan: ReadingPlan, signal: AbortSignal): Promise<Reading> {
  const { pictures, sound, subtitles } = plan;
  const segments = pictures?.segments ?? null;
  const times = pictures?.outputs.map((_, index) => new FrameTimes(outputLabel(index))) ?? [];
  const outputs = [
    ...(pictures ? pictures.outputs.map((output, index) => pictureOutput(pictures, output, index)) : []),
    ...(sound ? [soundOutput(sound)] : []),
    ...subtitles.map(subtitleOutput),
  ];
  const child = await startChild({
    program: 'ffmpeg',
    args: [
      ...['-hide_banner', '-nostats', '-nostdin', '-copyts', '-v', pictures ? 'info' : 'error'],
      ...(pictures ? decoderOptions(pictures) : []),
      ...inputLimits(segments ? [...FORMATS, 'concat'] : FORMATS),
      ...(segments ? ['-f', 'concat', '-safe', '0', '-i', 'pipe:0'] : ['-i', INPUT]),
      ...outputs.flatMap((output, index) => [...output, outputName(index)]),
    ],
    inputPath: plan.path,
    outputs: outputs.length,
    timeoutSeconds: plan.timeoutSeconds,
    signal,
    ...(segments ? { stdin: concatScript(segments, pictures?.leadSeconds ?? 0) } : {}),
    onLine: (line) => {
      for (const output of times) output.take(line);
    },
  });
  const end = () => {
    for (const output of times) output.end();
  };
  child.ended.then(end, end);
  const pipes = [...child.outputs];
  return {
    pictures: (pictures?.outputs ?? []).map(({ format }, index) => {
      const frames = readFrames(pipes.shift() as Readable, format.bytes, times[index] as FrameTimes);
      return segments ? inFileTime(frames, segments) : frames;
    }),
    sound: sound ? (pipes.shift() ?? null) : null,
    subtitles: pipes,
    ended: child.ended,
    kill: child.kill,
  };
}

const SKIPPED = { ALL: 'default', REFERENCE: 'noref', KEY: 'nokey' } as const;

function decoderOptions({ frames }: PicturePlan): string[] {
  return [
    ...['-max_pixels', String(MAX_PIXELS), '-skip_frame', SKIPPED[frames]],
    ...(frames === 'ALL' ? [] : FAST_DECODING),
  ];
}

function pictureOutput(
  { streamIndex, segments }: PicturePlan,
  { format, selection }: PictureOutput,
  index: number,
): string[] {
  const filters = [
    ...(selection === 'ALL' ? [] : [`select='${selectExpression(selection, segments)}'`]),
    format.filter,
    `${outputLabel(index)}=checksum=0`,
  ];
  // A concatenation has the file's streams in order.
  return [
    ...['-map', `0:${streamIndex}`, '-fps_mode', 'passthrough'],
    ...['-vf', filters.join(','), '-f', 'rawvideo'],
  ];
}

/** The filter that tells the times of output number `index`, by a name of its own. */
function outputLabel(index: number): string {
  return `showinfo@output${index}`;
}

/** A film whose frames are further apart than this has a gap there. */
export const GAP_SECONDS = 0.15;

function selectExpression(
  selection: Exclude<FrameSelection, 'ALL'>,
  segments: readonly Segment[] | null,
): string {
  if ('stretches' in selection)
    return sum(selection.stretches.map((stretch) => inSegments(stretch, segments)));
  // Register 0 holds the time from which the next frame is due, register 1 the number of the last one's successor.
  const isDue = `isnan(prev_selected_t)+gte(t,ld(0))+gt(t-prev_t,${GAP_SECONDS})`;
  return `if(${isDue},st(0,t+${selection.everySeconds});st(1,n+1);1,eq(n,ld(1)))`;
}

/** ffmpeg refuses expressions that are nested deeper than 100, and each term of a plain sum nests: groups of 16 do not. */
function sum(terms: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(terms.length / 16) }, (_, i) =>
    terms.slice(16 * i, 16 * i + 16).join('+'),
  );
  return groups.map((group) => `(${group})`).join('+');
}

/** A stretch may reach from one segment into the next: it is wanted in each of them. */
function inSegments(stretch: Segment, segments: readonly Segment[] | null): string {
  if (segments === null) return between(stretch, 0);
  const parts = segments.flatMap((segment, index) =>
    stretch.to > segment.from && stretch.from < segment.to
      ? [between(stretch, index * SEGMENT_SPACING_SECONDS - inpoint(segment))]
      : [],
  );
  return parts.join('+') || '0';
}

function between({ from, to }: Segment, shift: number): string {
  return `between(t,${(from + shift).toFixed(6)},${(to + shift).toFixed(6)})`;
}

function soundOutput({ streamIndex, zeroSeconds }: SoundPlan): string[] {
  const zero = zeroSeconds.toFixed(6);
  const filter = `atrim=start=${zero},asetpts=PTS-(${zero})/TB,aresample=${SAMPLE_RATE}:async=1:first_pts=0`;
  return ['-map', `0:${streamIndex}`, '-af', filter, '-ac', '1', '-f', 'f32le'];
}

function subtitleOutput(streamIndex: number): string[] {
  return ['-map', `0:${streamIndex}`, '-c:s', 'srt', '-f', 'srt'];
}

/** A time that passes through text stays at or behind the key frame it means: less than any frame's length. */
const SEEK_MARGIN_SECONDS = 0.0005;

/** Where ffmpeg is told to begin a segment, as it reads it. */
function inpoint({ from }: Segment): number {
  return Number((from + SEEK_MARGIN_SECONDS).toFixed(6));
}

function concatScript(segments: readonly Segment[], leadSeconds: number): string {
  const entries = segments.map(({ from, to }) =>
    [
      `file '${INPUT}'`,
      `inpoint ${inpoint({ from, to }).toFixed(6)}`,
      `outpoint ${(to + leadSeconds).toFixed(6)}`,
      `duration ${SEGMENT_SPACING_SECONDS}`,
    ].join('\n'),
  );
  return `ffconcat version 1.0\n${entries.join('\n')}\n`;
}

/** Gives joined frames back their times in the file; what decoding needed beside the segments is left out. */
async function* inFileTime(
  frames: AsyncGenerator<RawFrame>,
  segments: readonly Segment[],
): AsyncGenerator<RawFrame> {
  for await (const { seconds, data } of frames) {
    const index = Math.round(seconds / SEGMENT_SPACING_SECONDS);
    const segment = segments[index];
    if (!segment) continue;
    const fileSeconds = seconds - index * SEGMENT_SPACING_SECONDS + inpoint(segment);
    const isInside = fileSeconds >= segment.from - SAME_TIME_SECONDS && fileSeconds < segment.to;
    if (isInside) yield { seconds: fileSeconds, data };
  }
}
