import type { LineOrigin } from '../generated/prisma/enums.js';
import type { SubtitleTrack } from '../media/decoded.js';
import type { TimedLine } from '../media/timed-line.js';
import type { Recognition } from '../signals/speech/recognition.js';

export interface TranscriptLine extends TimedLine {
  /** 0 … 1 for a recognised line, null for one that was written down. */
  confidence: number | null;
}

/** The words of a trailer, from the best source that has any. */
export interface Transcript {
  lines: TranscriptLine[];
  language: string | null;
  /** Of its written lines, or of all; null when no source had words. */
  origin: LineOrigin | null;
}

const ORDER: readonly SubtitleTrack['origin'][] = ['SIDECAR', 'EMBEDDED', 'PLATFORM'];
/** The compact text encoder learned English; other languages serve only where there is none. */
const PREFERRED_LANGUAGES = /^en|^und$|^$/i;

/**
 * Chooses the track that is used: sidecar before embedded before platform captions, English before others, more
 * spoken lines before fewer. Lines behind the trailer's end are dropped, lines over it are cut at it.
 *
 * @param tracks in any order
 * @param durationSeconds length of the trailer
 */
export function chooseTranscript(tracks: readonly SubtitleTrack[], durationSeconds: number): Transcript {
  const spoken = (track: SubtitleTrack) => track.lines.filter((line) => line.kind === 'SPEECH').length;
  const preferred = (track: SubtitleTrack) => (PREFERRED_LANGUAGES.test(track.language ?? '') ? 0 : 1);
  const [best] = tracks
    .filter((track) => spoken(track) > 0)
    .sort(
      (a, b) =>
        ORDER.indexOf(a.origin) - ORDER.indexOf(b.origin) ||
        preferred(a) - preferred(b) ||
        spoken(b) - spoken(a),
    );
  if (!best) return { lines: [], language: null, origin: null };
  const lines = best.lines
    .filter((line) => line.startSeconds < durationSeconds)
    .map((line) => ({ ...line, endSeconds: Math.min(line.endSeconds, durationSeconds), confidence: null }));
  return { lines, language: best.language, origin: best.origin };
}

/** Written lines, and between them what was recognised where they are silent. */
export function filledTranscript(
  written: Transcript,
  heard: Recognition | null,
  durationSeconds: number,
): Transcript {
  const lines = [...written.lines, ...heardLines(heard, durationSeconds)];
  return { ...written, lines: lines.toSorted((a, b) => a.startSeconds - b.startSeconds) };
}

/** What was recognised, as the transcript of a trailer that has no other words. */
export function recognisedTranscript(heard: Recognition | null, durationSeconds: number): Transcript {
  const lines = heardLines(heard, durationSeconds);
  if (!heard || lines.length === 0) return { lines: [], language: null, origin: null };
  return { lines, language: heard.language, origin: 'RECOGNISER' };
}

function heardLines(heard: Recognition | null, durationSeconds: number): TranscriptLine[] {
  return (heard?.lines ?? [])
    .filter((line) => line.startSeconds < durationSeconds)
    .map((line) => ({ ...line, endSeconds: Math.min(line.endSeconds, durationSeconds) }));
}
