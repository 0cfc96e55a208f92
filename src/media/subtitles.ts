import { readFile, stat } from 'node:fs/promises';
import { Failure } from '../failure.js';
import type { SubtitleTrack } from './decoded.js';
import type { RawCue } from './raw-cue.js';
import type { CaptionFile } from './source.js';
import { parseAss } from './subtitles-ass.js';
import { linesOf } from './subtitles-lines.js';
import { parseSrt } from './subtitles-srt.js';
import { repairTimes } from './subtitles-times.js';
import { parseVtt } from './subtitles-vtt.js';
import { decodeText } from './text-encoding.js';
import type { TimedLine } from './timed-line.js';

/** More lines than any trailer has; a cap for hostile files. */
const MAX_LINES = 20_000;

/**
 * SubRip, WebVTT or ASS/SSA text as timed lines; which of them is read off the content. Bytes may be in UTF-8,
 * UTF-16 or a one-byte encoding of western or central Europe.
 * @throws Failure SUBTITLES_INVALID with the number of the line that is wrong
 */
export function parseSubtitles(bytes: Uint8Array | string, options: { fileName?: string } = {}): TimedLine[] {
  const text = (typeof bytes === 'string' ? bytes : decodeText(bytes))
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n');
  const cues = parserFor(text, options.fileName)(text);
  if (cues.length > MAX_LINES)
    throw new Failure(
      'SUBTITLES_INVALID',
      `The file has more than ${MAX_LINES} lines. Send the subtitles of one trailer.`,
    );
  return repairTimes(cues).flatMap(linesOf);
}

function parserFor(text: string, fileName: string | undefined): (text: string) => RawCue[] {
  if (/^WEBVTT(\s|$)/.test(text)) return parseVtt;
  if (/^\s*\[Script Info\]/i.test(text) || /^Dialogue:/m.test(text)) return parseAss;
  if (/-->/.test(text)) return parseSrt;
  const name = fileName ? 'file' : 'text';
  throw new Failure(
    'SUBTITLES_INVALID',
    `The subtitle ${name} holds no times: no SRT, WebVTT or ASS line was found from line 1 on.`,
  );
}

/** Two hours of dense speech take 200 kB. */
const MAX_FILE_BYTES = 4 * 1024 ** 2;

/**
 * A caption file as a track.
 * @throws Failure SUBTITLES_INVALID, SOURCE_NOT_FOUND
 */
export async function readCaptions(file: CaptionFile): Promise<SubtitleTrack> {
  const { size } = await stat(file.path).catch((cause: unknown) => {
    throw new Failure('SOURCE_NOT_FOUND', 'The subtitle file is gone. Send it again.', { cause });
  });
  if (size > MAX_FILE_BYTES)
    throw new Failure('SUBTITLES_INVALID', 'The subtitle file is larger than 4 MB. Send the text alone.');
  const lines = parseSubtitles(await readFile(file.path), { fileName: file.path });
  return { origin: file.origin, language: file.language, lines };
}
