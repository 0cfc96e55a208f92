import path from 'node:path';
import { Failure } from '../failure.js';
import { placeCuts } from './cut-place.js';
import { firstWindows, isLate } from './decode-plan.js';
import type { DecodedTrailer, Shot, Sound, SubtitleTrack } from './decoded.js';
import type { MediaFacts, SubtitleFacts, VideoFacts } from './facts.js';
import { frameSequence, type KeptFrame } from './kept-frames.js';
import { keyFrameSeconds, type PacketList, readPackets, trailerSeconds } from './packets.js';
import { smallSize } from './picture-size.js';
import { type PictureStream, type Pictures, picturePlan, readPictures, segmentsOf } from './pictures.js';
import { Readings } from './readings.js';
import { shotsBetween } from './shots.js';
import { missingSound, readSound, soundTrack } from './sound.js';
import { readSubtitleText } from './subtitle-tracks.js';
import { writeThumbnails } from './thumbnails.js';
import { findTransitions } from './transitions.js';
import { wholePictures } from './whole-pictures.js';

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

/** Bump when the same file gives another result. */
export const DECODE_VERSION = '6';

const MAX_SUBTITLE_TRACKS = 8;

/**
 * Reads everything that the signals need: sound, subtitles and a first look at the pictures in one ffmpeg process,
 * further pictures in a second one where the first look leaves something open.
 * @throws Failure MEDIA_UNREADABLE, MEDIA_DECODE_FAILED, MEDIA_TIMEOUT, CANCELLED, DISK_FULL, FFMPEG_MISSING
 */
export async function decodeTrailer(input: DecodeInput, context: DecodeContext): Promise<DecodedTrailer> {
  const { video } = input.facts;
  const packets = video ? await readPackets(input.path, video, context.signal) : null;
  const stream = video && packets ? pictureStream({ ...input.facts, video }, packets, context) : null;
  const { pictures, sound, subtitles } = await readStreams(input, stream, context.signal);
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
  const shots = await writeThumbnails(seen.shots, seen.kept, { size, folder, signal: context.signal });
  context.progress?.(1);
  return { ...decoded, shots, frames: frameSequence(seen.kept, shots, size) };
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
  stream: PictureStream | null,
  signal: AbortSignal,
): Promise<Streams> {
  const packets = stream?.packets;
  const zeroSeconds = packets ? packets.firstPts * packets.timeBase : 0;
  const endSeconds = packets ? trailerSeconds(packets, packets.endPts) : facts.durationSeconds;
  const track = soundTrack(facts.audio);
  const texts = facts.subtitles.filter((subtitle) => subtitle.isText).slice(0, MAX_SUBTITLE_TRACKS);
  const readings = new Readings(file, endSeconds, signal);
  return readings.run(async () => {
    const first = await readings.start({
      pictures:
        stream &&
        picturePlan(
          stream,
          stream.windows &&
            segmentsOf(
              stream.windows.filter((window) => !isLate(window)),
              stream,
            ),
        ),
      sound: track && { streamIndex: track.streamIndex, zeroSeconds },
      subtitles: texts.map(({ streamIndex }) => streamIndex),
    });
    const [pictures, sound, subtitles] = await Promise.all([
      stream
        ? readPictures(first.pictures, stream, (segments) =>
            readings.startPictures(picturePlan(stream, segments)),
          )
        : null,
      first.sound ? readSound(first.sound, endSeconds) : missingSound(),
      Promise.all(
        first.subtitles.map((pipe, i) => readSubtitleText(pipe, texts[i] as SubtitleFacts, zeroSeconds)),
      ),
    ]);
    return { pictures, sound, subtitles: subtitles.filter((subtitle) => subtitle !== null) };
  });
}
