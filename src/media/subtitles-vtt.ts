import type { RawCue } from './raw-cue.js';
import { parseTime } from './subtitles-times.js';

/** WebVTT: cues with optional identifiers and settings; NOTE, STYLE and REGION blocks say nothing. */
export function parseVtt(text: string): RawCue[] {
  const rows = text.split('\n');
  const cues: RawCue[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as string;
    if (/^(NOTE|STYLE|REGION)(\s|$)/.test(row)) {
      while (i + 1 < rows.length && (rows[i + 1] as string).trim() !== '') i++;
      continue;
    }
    if (!row.includes('-->')) continue;
    const lineNumber = i + 1;
    const [from = '', rest = ''] = row.split('-->');
    const startSeconds = parseTime(from, lineNumber);
    const endSeconds = parseTime(rest.trim().split(/\s+/)[0] ?? '', lineNumber);
    const body: string[] = [];
    while (i + 1 < rows.length && (rows[i + 1] as string).trim() !== '') body.push(rows[++i] as string);
    cues.push(...byVoice(body.join('\n')).map((part) => ({ ...part, startSeconds, endSeconds, lineNumber })));
  }
  return cues;
}

/** `<v Anna>Come here.</v>` names who speaks. */
function byVoice(text: string): { text: string; speaker: string | null }[] {
  const parts = text.split(/<v(?:\.[\w.]+)?\s+([^>]*)>/);
  const spoken = [{ text: parts[0] ?? '', speaker: null as string | null }];
  for (let i = 1; i < parts.length; i += 2)
    spoken.push({ speaker: (parts[i] ?? '').trim() || null, text: parts[i + 1] ?? '' });
  return spoken.filter((part) => part.text.trim() !== '');
}
