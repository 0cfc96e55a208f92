import { stat } from 'node:fs/promises';
import { Failure } from '../failure.js';
import type { VideoFacts } from './facts.js';
import { listFile, parseContainer } from './listing.js';

/** The compressed pictures of a video stream, in decoding order. Reading them decodes nothing. */
export interface PacketList {
  /** Seconds of one tick of `pts`. */
  timeBase: number;
  /** Presentation times in ticks, exact. */
  pts: Float64Array;
  /** Compressed sizes in bytes. */
  bytes: Float64Array;
  /** 1 where decoding can begin. */
  isKey: Uint8Array;
  /** Presentation time of the first frame that is shown, in ticks: the trailer's time zero. */
  firstPts: number;
  /** End of the last frame, in ticks. */
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

/** @throws Failure MEDIA_UNREADABLE when no picture can be decoded, MEDIA_TIMEOUT, CANCELLED */
export async function readPackets(path: string, video: VideoFacts, signal: AbortSignal): Promise<PacketList> {
  const key = await keyOf(path, video);
  const known = listed.get(key);
  if (known) return known;
  const { text } = await listFile(path, { withPackets: true, signal });
  const packets = parsePackets(text, video);
  keep(key, packets);
  return packets;
}

/**
 * Spares the next `readPackets` of the file its process. A list that cannot be read is left for it to complain about.
 * @param text the file's listing, with its packets
 */
export async function rememberPackets(path: string, video: VideoFacts, text: string): Promise<void> {
  try {
    keep(await keyOf(path, video), parsePackets(text, video));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function keep(key: string, packets: PacketList): void {
  const [oldest] = listed.keys();
  if (listed.size >= MAX_LISTED && oldest !== undefined) listed.delete(oldest);
  listed.set(key, packets);
}

/** Another for a file that was written anew. */
async function keyOf(path: string, { streamIndex }: VideoFacts): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path).catch((cause: unknown) => {
    throw new Failure('SOURCE_NOT_FOUND', 'The media file is gone or may not be read. Send it again.', {
      cause,
    });
  });
  return [dev, ino, size, mtimeMs, streamIndex].join();
}

/**
 * @param text the file's listing, with its packets
 * @param video whose packets are wanted; its rate lends a length to a last packet that has none
 * @throws Failure MEDIA_UNREADABLE
 */
export function parsePackets(
  text: string,
  { streamIndex, framesPerSecond }: Pick<VideoFacts, 'streamIndex' | 'framesPerSecond'>,
): PacketList {
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
      'The file holds no picture that can be decoded. Send it again, or export it anew.',
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
