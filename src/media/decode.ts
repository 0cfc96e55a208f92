import path from 'node:path';
import { Failure } from '../failure.js';
import type { DecodedTrailer, SubtitleTrack } from './decoded.js';
import type { MediaFacts, SubtitleFacts } from './facts.js';
import { type FrameMeasures, measureFrame } from './frame-measures.js';
import { FrameKeeper, frameSequence } from './kept-frames.js';
import { readPackets } from './packets.js';
import { smallSize } from './picture-size.js';
import { startReading } from './reading.js';
import { shotsBetween } from './shots.js';
import { missingSound, readSound, soundTrack } from './sound.js';
import { readSubtitleText } from './subtitle-tracks.js';
import { writeThumbnails } from './thumbnails.js';
import { findTransitions } from './transitions.js';

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
export const DECODE_VERSION = '1';

/** Decoding is bounded by the trailer's length: ten times real time is a very slow machine with a 4K file. */
const TIMEOUT_PER_SECOND = 10;
const TIMEOUT_BASE_SECONDS = 120;
const MAX_SUBTITLE_TRACKS = 8;

/**
 * Reads everything that the signals need, with one ffmpeg process and no second decoded twice.
 * @throws Failure MEDIA_UNREADABLE, MEDIA_DECODE_FAILED, MEDIA_TIMEOUT, CANCELLED, DISK_FULL, FFMPEG_MISSING
 */
export async function decodeTrailer(input: DecodeInput, context: DecodeContext): Promise<DecodedTrailer> {
  const { facts } = input;
  const packets = facts.video ? await readPackets(input.path, facts.video, context.signal) : null;
  const zeroSeconds = packets ? packets.firstPts * packets.timeBase : 0;
  const endSeconds = packets ? (packets.endPts - packets.firstPts) * packets.timeBase : facts.durationSeconds;
  const track = soundTrack(facts.audio);
  const textTracks = facts.subtitles.filter((subtitle) => subtitle.isText).slice(0, MAX_SUBTITLE_TRACKS);
  const size = facts.video ? smallSize(facts.video) : null;
  const reading = await startReading(
    {
      path: input.path,
      pictures:
        facts.video && size
          ? { streamIndex: facts.video.streamIndex, size, frames: 'ALL', segments: null }
          : null,
      sound: track ? { streamIndex: track.streamIndex, zeroSeconds } : null,
      subtitles: textTracks.map(({ streamIndex }) => streamIndex),
      timeoutSeconds: TIMEOUT_BASE_SECONDS + endSeconds * TIMEOUT_PER_SECOND,
    },
    context.signal,
  );
  try {
    const keeper = new FrameKeeper(endSeconds);
    const measures: FrameMeasures[] = [];
    const [sound, subtitles] = await Promise.all([
      reading.sound ? readSound(reading.sound, endSeconds || MAX_SOUND_SECONDS) : missingSound(),
      Promise.all(
        reading.subtitles.map((pipe, i) =>
          readSubtitleText(pipe, textTracks[i] as SubtitleFacts, zeroSeconds),
        ),
      ),
      (async () => {
        if (!reading.frames || !size) return;
        for await (const frame of reading.frames) {
          const measured = measureFrame(frame.data, size, frame.seconds - zeroSeconds);
          measures.push(measured);
          keeper.take(measured, frame.data, { followsGap: false });
          context.progress?.(Math.min(0.95, (0.95 * measured.seconds) / endSeconds));
        }
      })(),
    ]);
    const { stderr } = await reading.ended;
    if (measures.length === 0 && sound.state === 'MISSING') {
      throw new Failure(
        'MEDIA_DECODE_FAILED',
        'Nothing in the file could be decoded. Send it again, or export it anew as H.264.',
        {
          cause: new Error(stderr),
        },
      );
    }
    const shots =
      size && measures.length > 0 ? shotsBetween(findTransitions(measures), measures, endSeconds) : [];
    return {
      facts,
      shots: size
        ? await writeThumbnails(shots, keeper.kept, {
            size,
            folder: path.join(input.folder, 'thumbnails'),
            signal: context.signal,
          })
        : shots,
      frames: size ? frameSequence(keeper.kept, shots, size) : null,
      sound,
      subtitles: [...input.sidecars, ...subtitles.filter((subtitle) => subtitle !== null)],
      decodePath: measures.length > 0 ? 'FULL' : 'NO_PICTURE',
    };
  } catch (error) {
    reading.kill();
    await reading.ended.catch(() => {});
    throw error;
  }
}

const MAX_SOUND_SECONDS = 3600;
