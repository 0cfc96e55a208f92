import type { Readable } from 'node:stream';
import { INPUT, inputLimits, outputName, startChild } from './child.js';
import { FORMATS } from './formats.js';
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
  format: PictureFormat;
  /** `KEY`: key frames only. `REFERENCE`: all but the frames that no other frame needs. `ALL`: in full quality too. */
  frames: 'ALL' | 'REFERENCE' | 'KEY';
  /** Stretches to decode, in time; null for the whole file. */
  segments: readonly Segment[] | null;
  /** Of what is decoded, the stretches that are wanted; null for all of it. */
  only: readonly Segment[] | null;
}

/** How pictures come out of the pipe. */
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
  /** Times in seconds of the file's own clock; null when no pictures were planned. */
  frames: AsyncGenerator<RawFrame> | null;
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
  const times = new FrameTimes();
  const outputs = [
    ...(pictures ? [pictureOutput(pictures)] : []),
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
    ...(segments ? { stdin: concatScript(segments) } : {}),
    ...(pictures ? { onLine: times.line } : {}),
  });
  child.ended.then(times.end, times.end);
  const pipes = [...child.outputs];
  const frames = pictures ? readFrames(pipes.shift() as Readable, pictures.format.bytes, times) : null;
  return {
    frames: frames && segments ? inFileTime(frames, segments) : frames,
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

function pictureOutput({ streamIndex, format, segments, only }: PicturePlan): string[] {
  // What is not wanted is dropped before it costs a conversion. A concatenation has the file's streams in order.
  const wanted = only && `select='${sum(only.map((stretch) => selection(stretch, segments)))}'`;
  return [
    ...['-map', `0:${streamIndex}`, '-fps_mode', 'passthrough'],
    ...[
      '-vf',
      [...(wanted ? [wanted] : []), format.filter, 'showinfo=checksum=0'].join(','),
      '-f',
      'rawvideo',
    ],
  ];
}

/** ffmpeg refuses expressions that are nested deeper than 100, and each term of a plain sum nests: groups of 16 do not. */
function sum(terms: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(terms.length / 16) }, (_, i) =>
    terms.slice(16 * i, 16 * i + 16).join('+'),
  );
  return groups.map((group) => `(${group})`).join('+');
}

/** A stretch may reach from one segment into the next: it is wanted in each of them. */
function selection(stretch: Segment, segments: readonly Segment[] | null): string {
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

function concatScript(segments: readonly Segment[]): string {
  const entries = segments.map(({ from, to }) =>
    [
      `file '${INPUT}'`,
      `inpoint ${inpoint({ from, to }).toFixed(6)}`,
      `outpoint ${to.toFixed(6)}`,
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
    const isInside = fileSeconds >= segment.from - SEEK_MARGIN_SECONDS && fileSeconds < segment.to;
    if (isInside) yield { seconds: fileSeconds, data };
  }
}
