import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { INPUT, inputLimits, outputName, startChild } from './child.js';
import { FORMATS } from './formats.js';
import { FrameTimes, type RawFrame, readFrames, timesFilter } from './frame-reader.js';
import {
  concatScript,
  type DecodedSegment,
  ENTRY_SPACING_SECONDS,
  entryShift,
  inFileTime,
  type Segment,
} from './joined-segments.js';
import { MAX_PIXELS } from './probe.js';
import type { Program } from './program.js';

/**
 * What one ffmpeg process shall read out of one file, all of it in one go. Sound and subtitles are read from the whole
 * file, so not beside pictures in segments: of two inputs, ffmpeg 5.1 sleeps 10 ms each time that one has nothing to
 * give.
 */
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
  /** `REFERENCE`: all but the frames that no other frame needs. `ALL`: all of them, in full quality. */
  frames: 'ALL' | 'REFERENCE';
  /** Stretches to decode, in time; null for the whole file. */
  segments: readonly DecodedSegment[] | null;
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

/** The deblocking filter costs a fifth of decoding H.264 and HEVC; at a sixth of the size nobody sees it missing. */
const FAST_DECODING = ['-skip_loop_filter', 'all'];
const SAMPLE_RATE = 16_000;

/** @throws Failure what `startChild` throws */
export async function startReading(plan: ReadingPlan, signal: AbortSignal): Promise<Reading> {
  const { pictures, sound, subtitles } = plan;
  const entries = pictures?.segments ?? null;
  const shown = pictures?.outputs ?? [];
  // Behind the outputs, a pipe each.
  const timesTo = (index: number) => outputName(shown.length + (sound ? 1 : 0) + subtitles.length + index);
  const outputs = [
    ...(pictures
      ? shown.map((output, index) => pictureOutput(pictures, output, { timesTo: timesTo(index), entries }))
      : []),
    ...(sound ? [soundOutput(sound)] : []),
    ...subtitles.map((streamIndex) => subtitleOutput(streamIndex)),
  ];
  const child = await startChild({
    program: 'ffmpeg',
    args: [
      ...['-hide_banner', '-nostats', '-nostdin', '-copyts', '-v', 'error'],
      // Pictures are so small by then that more threads wait longer for each other than they work.
      ...['-filter_threads', '1'],
      ...(pictures ? decoderOptions(pictures.frames, entries) : []),
      ...(entries
        ? [...inputLimits([...FORMATS, 'concat']), '-f', 'concat', '-safe', '0', '-i', 'pipe:0']
        : [...inputLimits(FORMATS), '-i', INPUT]),
      ...outputs.flatMap((output, index) => [...output, outputName(index)]),
    ],
    inputPath: plan.path,
    outputs: outputs.length + shown.length,
    timeoutSeconds: plan.timeoutSeconds,
    signal,
    ...(entries ? { stdin: concatScript(entries, pictures?.leadSeconds ?? 0) } : {}),
  });
  const pipes = [...child.outputs];
  const times = pipes.splice(outputs.length).map((pipe) => new FrameTimes(pipe));
  return {
    pictures: shown.map(({ format }, index) => {
      const frames = readFrames(pipes.shift() as Readable, format.bytes, times[index] as FrameTimes);
      return entries ? inFileTime(frames, entries) : frames;
    }),
    sound: sound ? (pipes.shift() ?? null) : null,
    subtitles: pipes,
    ended: child.ended,
    kill: child.kill,
  };
}

const SKIPPED = { ALL: 'default', REFERENCE: 'noref' } as const;

/**
 * Frames are given out before the decoder has seen a key frame. Each of the few packets refers to the one before it, so
 * more threads would only wait for each other.
 */
const LATE_DECODING = ['-threads', '1', '-flags', '+output_corrupt'];

/**
 * One more than ffmpeg takes by itself: while its main thread scales and writes a picture, the cores stay busy. Of a film
 * that is decoded whole it saves a twentieth of the time on the clock; windows are as fast with either.
 */
const WHOLE_DECODING = ['-threads', String(Math.min(16, availableParallelism() + 2))];

function decoderOptions(frames: PicturePlan['frames'], entries: readonly DecodedSegment[] | null): string[] {
  return [
    ...['-max_pixels', String(MAX_PIXELS), '-skip_frame', SKIPPED[frames]],
    ...(frames === 'ALL' ? [] : FAST_DECODING),
    ...(entries === null ? WHOLE_DECODING : []),
    ...(entries?.some(({ isLate }) => isLate) ? LATE_DECODING : []),
  ];
}

function pictureOutput(
  { streamIndex }: PicturePlan,
  { format, selection }: PictureOutput,
  { timesTo, entries }: { timesTo: string; entries: readonly DecodedSegment[] | null },
): string[] {
  const filters = [
    ...(selection === 'ALL' ? [] : [`select='${selectExpression(selection, entries)}'`]),
    format.filter,
    timesFilter(timesTo),
  ];
  // A concatenation has the file's streams in order.
  return [
    ...['-map', `0:${streamIndex}`, '-fps_mode', 'passthrough'],
    ...['-vf', filters.join(','), '-f', 'rawvideo'],
  ];
}

/** A film whose frames are further apart than this has a gap there. */
export const GAP_SECONDS = 0.15;

function selectExpression(
  selection: Exclude<FrameSelection, 'ALL'>,
  entries: readonly DecodedSegment[] | null,
): string {
  if ('stretches' in selection) return sum(selection.stretches.map((stretch) => inEntries(stretch, entries)));
  // Register 0 holds the time from which the next frame is due, register 1 the number of the last one's successor.
  const isDue = `isnan(prev_selected_t)+gte(t,ld(0))+gt(t-prev_t,${GAP_SECONDS})${entries ? `+${IS_ENTERED}` : ''}`;
  return `if(${isDue},st(0,t+${selection.everySeconds});st(1,n+1);1,eq(n,ld(1)))`;
}

/** What a late segment decodes before the place that it is for. */
export const LATE_ENTRY_SECONDS = 0.2;
/** Seconds since the joined entry began, and one more: a frame may come a little before the beginning. */
const sinceEntry = (time: string) => `mod(${time}+1,${ENTRY_SPACING_SECONDS})`;
/** The first frame for which a late segment was decoded. */
const IS_ENTERED = `gte(${sinceEntry('t')},${1 + LATE_ENTRY_SECONDS})*lt(${sinceEntry('prev_t')},${1 + LATE_ENTRY_SECONDS})`;

/** ffmpeg refuses expressions that are nested deeper than 100, and each term of a plain sum nests: groups of 16 do not. */
function sum(terms: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(terms.length / 16) }, (_, i) =>
    terms.slice(16 * i, 16 * i + 16).join('+'),
  );
  return groups.map((group) => `(${group})`).join('+');
}

/** A stretch may reach from one entry into the next: it is wanted in each of them. */
function inEntries(stretch: Segment, entries: readonly DecodedSegment[] | null): string {
  if (entries === null) return between(stretch, 0);
  const parts = entries.flatMap((entry, index) =>
    stretch.to > entry.from && stretch.from < entry.to ? [between(stretch, entryShift(entry, index))] : [],
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
