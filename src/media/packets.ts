import { stat } from 'node:fs/promises';
import { Failure } from '../failure.js';
import type { MediaFacts, VideoFacts } from './facts.js';
import { listFile, parseContainer } from './listing.js';
import { soundTrack } from './sound.js';

/** The stream whose packets are listed; its rate lends a length to a last packet that has none. */
export type ListedStream = Pick<VideoFacts, 'streamIndex'> & Partial<Pick<VideoFacts, 'framesPerSecond'>>;

/** The stream that gives the trailer its beginning and its end: the picture, or the sound where there is none. */
export function clockStream({ video, audio }: Pick<MediaFacts, 'video' | 'audio'>): ListedStream | null {
  return video ?? soundTrack(audio);
}

/** The packets of a stream, of a video stream compressed pictures, in decoding order. Reading them decodes nothing. */
export interface PacketList {
  /** Seconds of one tick of `pts`. */
  timeBase: number;
  /** Presentation times in ticks, exact. */
  pts: Float64Array;
  /** Compressed sizes in bytes. */
  bytes: Float64Array;
  /** 1 where decoding can begin. */
  isKey: Uint8Array;
  /** Presentation time of the first packet that is shown, in ticks: the trailer's time zero. */
  firstPts: number;
  /** End of the last packet, in ticks. */
  endPts: number;
  /** How far the file's other streams run ahead of its pictures, in seconds: sound that stands before them. */
  leadSeconds: number;
}

/** A tick of the file's clock as seconds from the trailer's first frame. */
export function trailerSeconds({ firstPts, timeBase }: PacketList, pts: number): number {
  return (pts - firstPts) * timeBase;
}

/** Where decoding can begin, in seconds of the trailer, in the order of time. */
export function keyFrameSeconds(packets: PacketList): number[] {
  return Array.from(
    packets.pts.filter((_, i) => packets.isKey[i] === 1),
    (pts) => trailerSeconds(packets, pts),
  ).toSorted((a, b) => a - b);
}

/**
 * What was listed last, by file and stream: the stages of one job ask for the same, mostly in the same thread. A
 * thousand frames take 17 kB.
 */
const listed = new Map<string, PacketList>();
const MAX_LISTED = 8;

/**
 * @param listing the file's listing with its packets, where somebody has it: it spares a process
 * @throws Failure MEDIA_UNREADABLE when the stream has none, MEDIA_TIMEOUT, CANCELLED
 */
export async function readPackets(
  path: string,
  stream: ListedStream,
  signal: AbortSignal,
  listing?: string,
): Promise<PacketList> {
  const key = await keyOf(path, stream);
  const known = listed.get(key);
  if (known) return known;
  const text = listing ?? (await listFile(path, { withPackets: true, signal })).text;
  const packets = parsePackets(text, stream);
  keep(key, packets);
  return packets;
}

function keep(key: string, packets: PacketList): void {
  const [oldest] = listed.keys();
  if (listed.size >= MAX_LISTED && oldest !== undefined) listed.delete(oldest);
  listed.set(key, packets);
}

/** Another for a file that was written anew. */
async function keyOf(path: string, { streamIndex }: ListedStream): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path).catch((cause: unknown) => {
    throw new Failure('SOURCE_NOT_FOUND', 'The media file is gone or may not be read. Send it again.', {
      cause,
    });
  });
  return [dev, ino, size, mtimeMs, streamIndex].join();
}

/**
 * @param text the file's listing, with its packets
 * @throws Failure MEDIA_UNREADABLE
 */
export function parsePackets(text: string, { streamIndex, framesPerSecond }: ListedStream): PacketList {
  const stream = parseContainer(text)?.streams.find((fields) => Number(fields.get('index')) === streamIndex);
  const [above, below] = (stream?.get('time_base') ?? '').split('/');
  const timeBase = Number(above) / Number(below);
  const pts: number[] = [];
  const bytes: number[] = [];
  const isKey: number[] = [];
  let firstPts = Number.POSITIVE_INFINITY;
  let endPts = Number.NEGATIVE_INFINITY;
  let latestSeconds = Number.NEGATIVE_INFINITY;
  let leadSeconds = 0;
  const isPicture = `packet|stream_index=${streamIndex}|`;
  for (const line of text.split('\n')) {
    if (!line.startsWith('packet|')) continue;
    const decoded = Number(field(line, 'dts_time') ?? Number.NaN);
    if (decoded > latestSeconds) latestSeconds = decoded;
    if (!line.startsWith(isPicture)) continue;
    if (latestSeconds - decoded > leadSeconds) leadSeconds = latestSeconds - decoded;
    const flags = field(line, 'flags') ?? '';
    // D: in the file for the decoder's sake, outside the edit list, never shown.
    if (flags.includes('D')) continue;
    // AVI and some MPEG streams give decoding times only.
    const time = Number(field(line, 'pts') ?? field(line, 'dts') ?? Number.NaN);
    if (!Number.isFinite(time)) continue;
    const duration = Number(field(line, 'duration') ?? 0) || 1 / (framesPerSecond || 25) / timeBase;
    pts.push(time);
    bytes.push(Number(field(line, 'size') ?? 0));
    isKey.push(flags.includes('K') ? 1 : 0);
    if (time < firstPts) firstPts = time;
    if (time + duration > endPts) endPts = time + duration;
  }
  if (pts.length === 0 || !(timeBase > 0)) {
    throw new Failure(
      'MEDIA_UNREADABLE',
      'The file holds nothing that can be decoded. Send it again, or export it anew.',
    );
  }
  return {
    timeBase,
    pts: Float64Array.from(pts),
    bytes: Float64Array.from(bytes),
    isKey: Uint8Array.from(isKey),
    firstPts,
    endPts,
    leadSeconds,
  };
}

function field(line: string, name: string): string | undefined {
  const start = line.indexOf(`|${name}=`);
  if (start < 0) return undefined;
  const from = start + name.length + 2;
  const to = line.indexOf('|', from);
  const value = to < 0 ? line.slice(from) : line.slice(from, to);
  return value === 'N/A' ? undefined : value;
}
