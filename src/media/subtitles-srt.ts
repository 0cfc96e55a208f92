import { Failure } from '../failure.js';
import type { RawCue } from './raw-cue.js';
import { parseTime } from './subtitles-times.js';

/** SubRip: blocks of a number, a line with two times, and text up to a blank line. The number may be missing. */
export function parseSrt(text: string): RawCue[] {
  const rows = text.split('\n');
  const cues: RawCue[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as string;
    if (!row.includes('-->')) continue;
    const [from = '', to = ''] = row.split('-->');
    const lineNumber = i + 1;
    const startSeconds = parseTime(from, lineNumber);
    // Some writers put a position behind the end: "X1:100 X2:200 …".
    const endSeconds = parseTime(to.trim().split(/\s+/)[0] ?? '', lineNumber);
    const body: string[] = [];
    while (
      i + 1 < rows.length &&
      (rows[i + 1] as string).trim() !== '' &&
      !(rows[i + 1] as string).includes('-->')
    )
      body.push(rows[++i] as string);
    // Blocks that lack the blank line between them: the next block's number is no speech.
    if ((rows[i + 1] ?? '').includes('-->') && /^\d+$/.test(body.at(-1)?.trim() ?? '')) body.pop();
    cues.push({ startSeconds, endSeconds, text: body.join('\n'), speaker: null, lineNumber });
  }
  if (cues.length === 0)
    throw new Failure(
      'SUBTITLES_INVALID',
      'No subtitle line was found from line 1 on. Send an SRT, WebVTT or ASS file.',
    );
  return cues;
}
