import { Failure } from '../failure.js';
import type { RawCue } from './raw-cue.js';
import { parseTime } from './subtitles-times.js';

const USUAL_FIELDS = [
  'layer',
  'start',
  'end',
  'style',
  'name',
  'marginl',
  'marginr',
  'marginv',
  'effect',
  'text',
];

/** ASS and SSA: `Dialogue:` lines of the [Events] section, in the order of fields that its `Format:` line gives. */
export function parseAss(text: string): RawCue[] {
  let fields = USUAL_FIELDS;
  let section = '[events]';
  const cues: RawCue[] = [];
  text.split('\n').forEach((row, index) => {
    const heading = /^\s*(\[[^\]]+\])\s*$/.exec(row);
    if (heading) section = (heading[1] ?? '').toLowerCase();
    if (section !== '[events]') return;
    if (/^Format:/i.test(row))
      fields = row
        .slice('Format:'.length)
        .split(',')
        .map((field) => field.trim().toLowerCase());
    if (/^Dialogue:/i.test(row)) {
      const cue = dialogue(row.slice('Dialogue:'.length), fields, index + 1);
      if (cue) cues.push(cue);
    }
  });
  return cues;
}

function dialogue(row: string, fields: readonly string[], lineNumber: number): RawCue | null {
  const values = row.split(',');
  if (values.length < fields.length) {
    throw new Failure(
      'SUBTITLES_INVALID',
      `Line ${lineNumber} of the subtitles has fewer fields than its Format line names.`,
    );
  }
  const value = (name: string) => values[fields.indexOf(name)]?.trim() ?? '';
  // The text is the last field and may hold commas itself.
  const text = values.slice(fields.length - 1).join(',');
  // \p1 begins a drawing: its text is coordinates.
  if (/\{[^}]*\\p[1-9]/.test(text)) return null;
  return {
    startSeconds: parseTime(value('start'), lineNumber),
    endSeconds: parseTime(value('end'), lineNumber),
    text: text.replace(/\\[Nn]/g, '\n').replace(/\\h/g, ' '),
    speaker: value('name') || value('actor') || null,
    lineNumber,
  };
}
