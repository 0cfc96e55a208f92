import { Failure } from '../failure.js';
import type { RawCue } from './raw-cue.js';

/** What a line is given that has no length, in seconds. */
const DEFAULT_SECONDS = 2;
/** A line that stands longer is a mistake in its end. */
const MAX_SECONDS = 30;

/** `01:02:03,456`, with hours, fraction and the kind of point left open. */
const TIME = /^(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,6}))?$/;

/** Seconds of a written time. @throws Failure SUBTITLES_INVALID that names the line */
export function parseTime(text: string, lineNumber: number): number {
  const match = TIME.exec(text.trim());
  if (!match) {
    throw new Failure(
      'SUBTITLES_INVALID',
      `Line ${lineNumber} of the subtitles has a time that cannot be read: "${text.trim().slice(0, 40)}".`,
    );
  }
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(`0.${fraction || '0'}`);
}

/**
 * Puts cues in the order of time; an end that is missing, before its start or absurdly late is replaced by the
 * next line's start or a usual length.
 */
export function repairTimes(cues: readonly RawCue[]): RawCue[] {
  const ordered = cues.toSorted((a, b) => a.startSeconds - b.startSeconds || a.lineNumber - b.lineNumber);
  return ordered.map((cue, index) => {
    const length = cue.endSeconds - cue.startSeconds;
    if (length > 0 && length <= MAX_SECONDS) return cue;
    const next = ordered.slice(index + 1).find((other) => other.startSeconds > cue.startSeconds);
    const room = next ? next.startSeconds - cue.startSeconds : DEFAULT_SECONDS;
    return { ...cue, endSeconds: cue.startSeconds + Math.min(DEFAULT_SECONDS, room) };
  });
}
