import { open } from 'node:fs/promises';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import { INPUT, inputLimits, outputOf } from './child.js';
import type { AudioFacts, MediaFacts, SubtitleFacts, VideoFacts } from './facts.js';
import { FORMATS, refuseForeignFormat, SNIFF_BYTES, VIDEO_CODECS } from './formats.js';

/** 8192 × 4320 and a little: no larger picture is decoded. */
export const MAX_PIXELS = 36_000_000;
const MAX_STREAMS = 64;
const PROBE_TIMEOUT_SECONDS = 30;
const PROBE_MAX_BYTES = 4 * 1024 ** 2;
const TEXT_SUBTITLES = new Set(['mov_text', 'subrip', 'srt', 'webvtt', 'ass', 'ssa', 'text']);

export interface ProbeOptions {
  limits: Config['limits'];
  signal: AbortSignal;
}

/**
 * Reads what the container says of itself and refuses what should not be decoded.
 * @throws Failure SOURCE_NOT_FOUND, SOURCE_EMPTY, MEDIA_UNREADABLE, MEDIA_FORMAT_FORBIDDEN, MEDIA_NO_STREAMS,
 *   MEDIA_TOO_LONG, MEDIA_TOO_LARGE, MEDIA_TIMEOUT, CANCELLED, FFMPEG_MISSING
 */
export async function probeTrailer(path: string, options: ProbeOptions): Promise<MediaFacts> {
  refuseForeignFormat(await readHead(path));
  const { code, stdout, stderr } = await outputOf({
    program: 'ffprobe',
    args: [
      ...['-v', 'error', '-hide_banner'],
      ...inputLimits(FORMATS),
      ...['-show_format', '-show_streams', '-of', 'json', INPUT],
    ],
    inputPath: path,
    timeoutSeconds: PROBE_TIMEOUT_SECONDS,
    signal: options.signal,
    maxBytes: PROBE_MAX_BYTES,
  });
  if (code !== 0) throw unreadable();
  const facts = factsOf(parse(stdout.toString('utf8')));
  if (facts.video && facts.video.width < 1) refuseUnseenSize(stderr);
  refuseBeyondLimits(facts, options.limits);
  return facts;
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new Failure('SOURCE_NOT_FOUND', 'The media file is gone or may not be read. Send it again.', {
      cause,
    });
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

interface ProbedStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  start_time?: string;
  duration?: string;
  channels?: number;
  sample_rate?: string;
  disposition?: { default?: number; attached_pic?: number };
  tags?: Record<string, string>;
  side_data_list?: { rotation?: number }[];
}

interface Probed {
  streams: ProbedStream[];
  format: { format_name: string; duration?: string; start_time?: string };
}

function parse(json: string): Probed {
  const probed = JSON.parse(json) as Partial<Probed>;
  if (!probed.format || !Array.isArray(probed.streams)) throw unreadable();
  return { streams: probed.streams, format: probed.format };
}

function unreadable(): Failure {
  return new Failure(
    'MEDIA_UNREADABLE',
    'The file is damaged or cut off, so that its streams cannot be read. Send it again, or export it anew.',
  );
}

/** ffprobe's answer in plain units. The best video stream is the largest that is no cover picture. */
export function factsOf({ streams, format }: Probed): MediaFacts {
  const pictures = streams.filter(
    (stream) => stream.codec_type === 'video' && !stream.disposition?.attached_pic,
  );
  const best = pictures.toSorted((a, b) => pixels(b) - pixels(a) || a.index - b.index)[0];
  const video = best ? videoFacts(best, Number(format.start_time ?? 0) || 0) : null;
  return {
    durationSeconds: positive(format.duration) ?? positive(best?.duration) ?? 0,
    format: format.format_name,
    video,
    audio: streams.filter((stream) => stream.codec_type === 'audio').map(audioFacts),
    subtitles: streams.filter((stream) => stream.codec_type === 'subtitle').map(subtitleFacts),
  };
}

function pixels(stream: ProbedStream): number {
  return (stream.width ?? 0) * (stream.height ?? 0);
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : null;
}

function videoFacts(stream: ProbedStream, formatStartSeconds: number): VideoFacts {
  const rotationDegrees = rotationOf(stream);
  const aspect = ratio(stream.sample_aspect_ratio, ':') ?? 1;
  const stored = { width: Math.round((stream.width ?? 0) * aspect), height: stream.height ?? 0 };
  const turned = rotationDegrees % 180 === 90;
  return {
    streamIndex: stream.index,
    codec: stream.codec_name ?? 'unknown',
    width: turned ? stored.height : stored.width,
    height: turned ? stored.width : stored.height,
    rotationDegrees,
    framesPerSecond: ratio(stream.avg_frame_rate, '/') ?? ratio(stream.r_frame_rate, '/') ?? 0,
    startSeconds: Number(stream.start_time ?? formatStartSeconds) || 0,
  };
}

function rotationOf(stream: ProbedStream): number {
  const counterClockwise = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const clockwise = -(Math.round(counterClockwise / 90) * 90);
  return ((clockwise % 360) + 360) % 360;
}

function ratio(text: string | undefined, separator: string): number | null {
  const [above, below] = (text ?? '').split(separator).map(Number);
  return above && below ? above / below : null;
}

function audioFacts(stream: ProbedStream): AudioFacts {
  return {
    streamIndex: stream.index,
    codec: stream.codec_name ?? 'unknown',
    channels: stream.channels ?? 0,
    sampleRate: Number(stream.sample_rate ?? 0),
    language: languageOf(stream),
    isDefault: stream.disposition?.default === 1,
  };
}

function subtitleFacts(stream: ProbedStream): SubtitleFacts {
  const codec = stream.codec_name ?? 'unknown';
  return {
    streamIndex: stream.index,
    codec,
    language: languageOf(stream),
    isText: TEXT_SUBTITLES.has(codec),
  };
}

function languageOf(stream: ProbedStream): string | null {
  const language = stream.tags?.language;
  return language && language !== 'und' ? language : null;
}

function refuseBeyondLimits(facts: MediaFacts, limits: ProbeOptions['limits']): void {
  const streams = facts.audio.length + facts.subtitles.length + (facts.video ? 1 : 0);
  if (!facts.video && facts.audio.length === 0) {
    throw new Failure('MEDIA_NO_STREAMS', 'The file has neither picture nor sound. Send the trailer itself.');
  }
  if (streams > MAX_STREAMS) {
    throw new Failure(
      'MEDIA_TOO_LARGE',
      `The file has ${streams} streams; ${MAX_STREAMS} is the most. Send one with fewer.`,
    );
  }
  if (facts.durationSeconds > limits.durationSeconds) {
    const minutes = (seconds: number) => Math.round(seconds / 60);
    throw new Failure(
      'MEDIA_TOO_LONG',
      `The video is ${minutes(facts.durationSeconds)} minutes long; ${minutes(limits.durationSeconds)} is the most. Send a trailer, or raise MARQUEE_MAX_DURATION_SECONDS.`,
    );
  }
  if (facts.video) refusePicture(facts.video);
}

/** A picture too large to be opened has no size in the facts; the decoder names it when it gives up. */
function refuseUnseenSize(stderr: string): void {
  const [, width, height] = /Picture size (\d+)x(\d+) is invalid/.exec(stderr) ?? [];
  if (Number(width) * Number(height) > MAX_PIXELS) throw tooManyPixels(Number(width), Number(height));
}

function tooManyPixels(width: number, height: number): Failure {
  const message = `The picture is ${width}×${height}; 8192×4320 is the most. Send a smaller one.`;
  return new Failure('MEDIA_TOO_LARGE', message);
}

function refusePicture(video: VideoFacts): void {
  if (!VIDEO_CODECS.has(video.codec)) {
    throw new Failure(
      'MEDIA_FORMAT_FORBIDDEN',
      `The video codec ${video.codec} is not read here. Export the trailer as H.264.`,
    );
  }
  if (video.width < 1 || video.height < 1) throw unreadable();
  if (video.width * video.height > MAX_PIXELS) throw tooManyPixels(video.width, video.height);
}
