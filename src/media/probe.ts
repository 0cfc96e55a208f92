import { open } from 'node:fs/promises';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import type { AudioFacts, MediaFacts, SubtitleFacts, VideoFacts } from './facts.js';
import { refuseForeignFormat, SNIFF_BYTES, VIDEO_CODECS } from './formats.js';
import { type Fields, listFile, parseContainer } from './listing.js';
import { clockStream, readPackets, trailerSeconds } from './packets.js';

/** 8192 × 4320 and a little: no larger picture is decoded. */
export const MAX_PIXELS = 36_000_000;
const MAX_STREAMS = 64;
/** Files of up to this size are read whole, with their packets, in less time than a second ffprobe takes to start. */
const SMALL_FILE_BYTES = 64 * 1024 ** 2;
const TEXT_SUBTITLES = new Set(['mov_text', 'subrip', 'srt', 'webvtt', 'ass', 'ssa', 'text']);

export interface ProbeOptions {
  limits: Config['limits'];
  signal: AbortSignal;
}

/**
 * Reads what the container says of itself, and from its packets how long it is; refuses what should not be decoded.
 * @throws Failure SOURCE_NOT_FOUND, SOURCE_EMPTY, MEDIA_UNREADABLE, MEDIA_FORMAT_FORBIDDEN, MEDIA_NO_STREAMS,
 *   MEDIA_TOO_LONG, MEDIA_TOO_LARGE, MEDIA_TIMEOUT, CANCELLED, FFMPEG_MISSING
 */
export async function probeTrailer(path: string, options: ProbeOptions): Promise<MediaFacts> {
  const { head, bytes } = await readHead(path);
  refuseForeignFormat(head);
  const withPackets = bytes <= SMALL_FILE_BYTES;
  const { code, text, stderr } = await listFile(path, { withPackets, signal: options.signal });
  const container = parseContainer(text);
  if (code !== 0 || container === null) throw unreadable();
  const facts = factsOf(container);
  if (facts.video && facts.video.width < 1) refuseUnseenSize(stderr);
  refuseBeyondLimits(facts, options.limits);
  const stream = clockStream(facts);
  if (stream === null) return facts;
  // A header may claim any length, and a recording that was never finished claims none.
  const packets = await readPackets(path, stream, options.signal, withPackets ? text : undefined);
  const durationSeconds = Math.max(facts.durationSeconds, trailerSeconds(packets, packets.endPts));
  refuseLength(durationSeconds, options.limits);
  return { ...facts, durationSeconds };
}

async function readHead(path: string): Promise<{ head: Uint8Array; bytes: number }> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new Failure('SOURCE_NOT_FOUND', 'The media file is gone or may not be read. Send it again.', {
      cause,
    });
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return { head: buffer.subarray(0, bytesRead), bytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

function unreadable(): Failure {
  return new Failure(
    'MEDIA_UNREADABLE',
    'The file is damaged or cut off, so that its streams cannot be read. Send it again, or export it anew.',
  );
}

/** ffprobe's answer in plain units, the length as claimed: 0 where it is not. The best video stream is the largest that is no cover picture. */
export function factsOf({ streams, format }: { streams: readonly Fields[]; format: Fields }): MediaFacts {
  const ofType = (type: string) => streams.filter((stream) => stream.get('codec_type') === type);
  const pictures = ofType('video').filter((stream) => stream.get('disposition:attached_pic') !== '1');
  const best = pictures.toSorted((a, b) => pixels(b) - pixels(a))[0];
  return {
    durationSeconds: positive(format.get('duration')) ?? positive(best?.get('duration')) ?? 0,
    format: format.get('format_name') ?? 'unknown',
    video: best ? videoFacts(best, numberIn(format, 'start_time')) : null,
    audio: ofType('audio').map(audioFacts),
    subtitles: ofType('subtitle').map(subtitleFacts),
  };
}

function pixels(stream: Fields): number {
  return numberIn(stream, 'width') * numberIn(stream, 'height');
}

/** 0 where it is absent or no number. */
function numberIn(fields: Fields, name: string): number {
  return Number(fields.get(name) ?? 0) || 0;
}

function positive(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : null;
}

function videoFacts(stream: Fields, formatStartSeconds: number): VideoFacts {
  const rotationDegrees = rotationOf(stream);
  const aspect = ratio(stream.get('sample_aspect_ratio'), ':') ?? 1;
  const stored = {
    width: Math.round(numberIn(stream, 'width') * aspect),
    height: numberIn(stream, 'height'),
  };
  const turned = rotationDegrees % 180 === 90;
  return {
    streamIndex: numberIn(stream, 'index'),
    codec: stream.get('codec_name') ?? 'unknown',
    width: turned ? stored.height : stored.width,
    height: turned ? stored.width : stored.height,
    rotationDegrees,
    framesPerSecond: ratio(stream.get('avg_frame_rate'), '/') ?? ratio(stream.get('r_frame_rate'), '/') ?? 0,
    startSeconds: stream.has('start_time') ? numberIn(stream, 'start_time') : formatStartSeconds,
    isInterlaced: FIELD_ORDERS.has(stream.get('field_order') ?? ''),
    dynamicRange: HIGH_RANGES[stream.get('color_transfer') ?? ''] ?? 'SDR',
  };
}

/** Which field is stored first, and which is shown first. */
const FIELD_ORDERS = new Set(['tt', 'bb', 'tb', 'bt']);

/** By ffmpeg's names of the transfer functions SMPTE ST 2084 and ARIB STD-B67. */
const HIGH_RANGES: Record<string, VideoFacts['dynamicRange']> = {
  smpte2084: 'PQ',
  'arib-std-b67': 'HLG',
};

function rotationOf(stream: Fields): number {
  const clockwise = -(Math.round(numberIn(stream, 'rotation') / 90) * 90);
  return ((clockwise % 360) + 360) % 360;
}

function ratio(text: string | undefined, separator: string): number | null {
  const [above, below] = (text ?? '').split(separator).map(Number);
  return above && below ? above / below : null;
}

function audioFacts(stream: Fields): AudioFacts {
  return {
    streamIndex: numberIn(stream, 'index'),
    codec: stream.get('codec_name') ?? 'unknown',
    channels: numberIn(stream, 'channels'),
    sampleRate: numberIn(stream, 'sample_rate'),
    language: languageOf(stream),
    isDefault: stream.get('disposition:default') === '1',
  };
}

function subtitleFacts(stream: Fields): SubtitleFacts {
  const codec = stream.get('codec_name') ?? 'unknown';
  return {
    streamIndex: numberIn(stream, 'index'),
    codec,
    language: languageOf(stream),
    isText: TEXT_SUBTITLES.has(codec),
  };
}

function languageOf(stream: Fields): string | null {
  const language = stream.get('tag:language');
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
  refuseLength(facts.durationSeconds, limits);
  if (facts.video) refusePicture(facts.video);
}

function refuseLength(seconds: number, limits: ProbeOptions['limits']): void {
  if (seconds <= limits.durationSeconds) return;
  const minutes = (length: number) => Math.round(length / 60);
  throw new Failure(
    'MEDIA_TOO_LONG',
    `The video is ${minutes(seconds)} minutes long; ${minutes(limits.durationSeconds)} is the most. Send a trailer, or raise MARQUEE_MAX_DURATION_SECONDS.`,
  );
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
