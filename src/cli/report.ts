import type { Evidence, SignalQuality, TagState, TagWeight } from '../tagging/tag.js';

/** What `marquee analyze --json` prints. */
export interface AnalysisReport {
  title: string;
  durationSeconds: number;
  pack: string;
  classifier: string;
  signalQuality: SignalQuality;
  tags: ReportedTag[];
  /** Seconds of each stage, and of everything. */
  timings: Record<string, number>;
}

export interface ReportedTag {
  /** Label id: `theme/revenge`. */
  id: string;
  /** Label name: `Revenge`. */
  label: string;
  group: string;
  probability: number;
  threshold: number;
  state: TagState;
  weight: TagWeight | null;
  evidence: Pick<Evidence, 'startSeconds' | 'endSeconds' | 'signal' | 'contribution' | 'line'>[];
}

const BAR_CELLS = 20;
const SHOWN: readonly TagState[] = ['ACCEPTED', 'SUGGESTED'];

/** The report as a table for people: accepted and suggested tags by group, each with its strongest moment. */
export function formatReport(report: AnalysisReport): string {
  const lines = [
    `${report.title}   ${clock(report.durationSeconds)}   pack ${report.pack}`,
    `signal quality ${percent(report.signalQuality.overall)}: ${qualityParts(report.signalQuality)}`,
    ...report.signalQuality.notes.map((note) => `  · ${note}`),
  ];
  for (const group of [...new Set(report.tags.map((tag) => tag.group))]) {
    lines.push('', group);
    const tags = report.tags.filter((tag) => tag.group === group);
    const shown = tags.filter((tag) => SHOWN.includes(tag.state));
    lines.push(...shown.flatMap(formatTag));
    if (shown.length === 0) lines.push(`  nothing: ${whyNothing(tags)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** 83.4 → "1:23". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function formatTag(tag: ReportedTag): string[] {
  const filled = Math.round(tag.probability * BAR_CELLS);
  const bar = '█'.repeat(filled) + '·'.repeat(BAR_CELLS - filled);
  const head = `  ${tag.label.padEnd(18)} ${bar} ${percent(tag.probability)}  ${(tag.weight ?? tag.state).toLowerCase()}`;
  const [strongest] = tag.evidence;
  if (!strongest) return [head];
  const what = strongest.line === null ? strongest.signal.toLowerCase() : `“${strongest.line}”`;
  return [head, `  ${' '.repeat(18)} ${clock(strongest.startSeconds)} ${what}`];
}

function whyNothing(tags: ReportedTag[]): string {
  return tags.some((tag) => tag.state === 'ABSTAINED')
    ? 'the signals are too weak to say'
    : 'no label reached its threshold';
}

function qualityParts(quality: SignalQuality): string {
  const { speech, light, variety, sound } = quality;
  return Object.entries({ speech, light, variety, sound })
    .map(([name, value]) => `${name} ${percent(value)}`)
    .join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`.padStart(5);
}
