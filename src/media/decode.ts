import path from 'node:path';
import { Failure } from '../failure.js';
import { placeCuts } from './cut-place.js';
import { firstWindows } from './decode-plan.js';
import type { DecodedTrailer, Shot, Sound, SubtitleTrack } from './decoded.js';
import type { MediaFacts, SubtitleFacts, VideoFacts } from './facts.js';
import type { DecodedSegment } from './joined-segments.js';
import { frameSequence, type KeptFrame } from './kept-frames.js';
import { clockStream, keyFrameSeconds, type PacketList, readPackets, trailerSeconds } from './packets.js';
import { smallSize } from './picture-size.js';
import { type PictureStream, type Pictures, picturePlan, readPictures, segmentsOf } from './pictures.js';
import type { Reading } from './reading.js';
import { Readings } from './readings.js';
import { shotsBetween } from './shots.js';
import { missingSound, readSound, soundTrack } from './sound.js';
import { readSubtitleText } from './subtitle-tracks.js';
import { writeThumbnails } from './thumbnails.js';
import { findTransitions } from './transitions.js';
import { wholePictures } from './whole-pictures.js';
import { isLate } from './windows.js';

export interface DecodeInput {
  path: string;
  facts: MediaFacts;
  /** `thumbnails/` is written below it. */
  folder: string;
  /** Already parsed; they stand in front of the embedded tracks. */
  sidecars: SubtitleTrack[];
}

export interface DecodeContext {
  signal: AbortSignal;
  /** Share done, 0 … 1. */
  progress?(share: number): void;
}

const MAX_SUBTITLE_TRACKS = 8;

/**
 * Reads everything that the signals need: a first look at the pictures, sound and subtitles in one ffmpeg process, or
 * two where the look is at windows; further pictures in another where the first look leaves something open.
 * @throws Failure MEDIA_UNREADABLE, MEDIA_DECODE_FAILED, MEDIA_TIMEOUT, CANCELLED, DISK_FULL, FFMPEG_MISSING
 */
export async function decodeTrailer(input: DecodeInput, context: DecodeContext): Promise<DecodedTrailer> {
  const { video } = input.facts;
  const clock = clockStream(input.facts);
  const packets = clock && (await readPackets(input.path, clock, context.signal));
  const stream = video && packets ? pictureStream({ ...input.facts, video }, packets, context) : null;
  const { pictures, sound, subtitles } = await readStreams(input, { stream, packets }, context.signal);
  const isSeen = pictures !== null && pictures.frames.length > 0;
  if (!isSeen && sound.state === 'MISSING') {
    throw new Failure(
      'MEDIA_DECODE_FAILED',
      'Nothing in the file could be decoded. Send it again, or export it anew as H.264.',
    );
  }
  const seen = isSeen && packets ? shotsOf(pictures, packets) : { shots: [], kept: [] };
  const decoded: DecodedTrailer = {
    facts: input.facts,
    shots: seen.shots,
    keyFrames: isSeen && packets ? keyFrameSeconds(packets) : [],
    frames: null,
    sound,
    subtitles: [...input.sidecars, ...subtitles],
    decodePath: isSeen ? pictures.decodePath : 'NO_PICTURE',
  };
  if (!isSeen || !stream) return decoded;
  const folder = path.join(input.folder, 'thumbnails');
  const { size } = stream;
  const written = writeThumbnails(seen.shots, seen.kept, { size, folder, signal: context.signal });
  // Other threads encode the thumbnails meanwhile.
  const frames = frameSequence(seen.kept, seen.shots, size);
  const shots = await written;
  context.progress?.(1);
  return { ...decoded, shots, frames };
}

function pictureStream(
  facts: MediaFacts & { video: VideoFacts },
  packets: PacketList,
  context: DecodeContext,
): PictureStream {
  const endSeconds = trailerSeconds(packets, packets.endPts);
  return {
    video: facts.video,
    packets,
    size: smallSize(facts.video),
    windows: firstWindows(packets, facts),
    progress: (seconds) => context.progress?.(Math.min(0.99, seconds / endSeconds)),
  };
}

/** The shots, and the pictures that show them. */
function shotsOf(pictures: Pictures, packets: PacketList): { shots: Shot[]; kept: KeptFrame[] } {
  const transitions = placeCuts(findTransitions(pictures.frames, pictures.joints), pictures.frames, packets);
  const { frames, kept } = wholePictures(pictures, transitions);
  return { shots: shotsBetween(transitions, frames, trailerSeconds(packets, packets.endPts)), kept };
}

interface Streams {
  pictures: Pictures | null;
  sound: Sound;
  subtitles: SubtitleTrack[];
}

async function readStreams(
  { path: file, facts }: DecodeInput,
  { stream, packets }: { stream: PictureStream | null; packets: PacketList | null },
  signal: AbortSignal,
): Promise<Streams> {
  const zeroSeconds = packets ? packets.firstPts * packets.timeBase : 0;
  const endSeconds = packets ? trailerSeconds(packets, packets.endPts) : facts.durationSeconds;
  const track = soundTrack(facts.audio);
  const texts = facts.subtitles.filter((subtitle) => subtitle.isText).slice(0, MAX_SUBTITLE_TRACKS);
  const readings = new Readings(file, endSeconds, signal);
  const heard = {
    sound: track && { streamIndex: track.streamIndex, zeroSeconds },
    subtitles: texts.map(({ streamIndex }) => streamIndex),
  };
  const watch = ({ pictures }: Reading) =>
    stream &&
    readPictures(pictures, stream, (segments) => readings.startPictures(picturePlan(stream, segments)));
  const listen = (reading: Reading) =>
    Promise.all([
      reading.sound ? readSound(reading.sound, endSeconds) : missingSound(),
      ...reading.subtitles.map((pipe, i) => readSubtitleText(pipe, texts[i] as SubtitleFacts, zeroSeconds)),
    ]);
  return readings.run(async () => {
    const segments = stream && firstSegments(stream);
    const pictures = stream && picturePlan(stream, segments);
    // Segments stand alone; see `ReadingPlan`.
    const isHeardApart = segments !== null && (track !== null || texts.length > 0);
    const first = readings.start({ pictures, ...(isHeardApart ? NOTHING_HEARD : heard) });
    const beside = isHeardApart ? readings.start({ pictures: null, ...heard }) : first;
    const [seen, [sound, ...subtitles]] = await Promise.all([first.then(watch), beside.then(listen)]);
    return { pictures: seen, sound, subtitles: subtitles.filter((subtitle) => subtitle !== null) };
  });
}

const NOTHING_HEARD = { sound: null, subtitles: [] };

/** Windows that begin at key frames are read first, together; null for all of the film. */
function firstSegments(stream: PictureStream): DecodedSegment[] | null {
  const windows = stream.windows?.filter((window) => !isLate(window));
  return windows ? segmentsOf(windows, stream) : null;
}
