import type { MediaFacts } from './facts.js';
import type { TimedLine } from './timed-line.js';

/** What a stretch between two cuts is. Everything but CONTENT is left out of the measures. */
export type ShotKind = 'CONTENT' | 'BLACK' | 'CARD' | 'LOGO';

export interface Shot {
  /** 0, 1, 2, … in time. */
  index: number;
  /** Seconds from the trailer's first frame; shots tile the trailer: one's end is the next one's start. */
  startSeconds: number;
  endSeconds: number;
  kind: ShotKind;
  /** How the shot begins. */
  transition: 'START' | 'CUT' | 'DISSOLVE' | 'FADE';
  /** File name below the decode folder's `thumbnails/`, or null where no frame is fit to show. */
  thumbnail: string | null;
}

/**
 * Frames for the cinematic measures: for each shot a few frames spread over it, some of them followed by
 * their successor so that motion can be measured. RGB24, frame after frame, row after row.
 */
export interface FrameSequence {
  width: number;
  height: number;
  /** One entry a frame, ordered by time. */
  frames: FrameInfo[];
  /** frames.length × height × width × 3 bytes. */
  data: Uint8Array;
}

export interface FrameInfo {
  timeSeconds: number;
  shotIndex: number;
  /** Index of the frame that this one follows immediately (for motion), else -1. */
  successorOf: number;
}

/** The first suitable audio track as 16 kHz mono. */
export interface Sound {
  /** Samples in −1 … 1, loudness as in the file; empty when the track is missing. */
  samples: Float32Array;
  sampleRate: 16_000;
  state: 'PRESENT' | 'SILENT' | 'MISSING';
}

/** The lines of one subtitle track or file. */
export interface SubtitleTrack {
  origin: 'SIDECAR' | 'EMBEDDED' | 'PLATFORM';
  language: string | null;
  lines: TimedLine[];
}

/** Everything that the signals need of a trailer. */
export interface DecodedTrailer {
  facts: MediaFacts;
  shots: Shot[];
  /** Seconds of the trailer at which decoding can begin, in the order of time; empty without a picture. */
  keyFrames: number[];
  frames: FrameSequence | null;
  sound: Sound;
  subtitles: SubtitleTrack[];
  /** Which way the pictures were read, for the log and the benchmark. */
  decodePath: 'WINDOWS' | 'FULL' | 'NO_PICTURE';
}
