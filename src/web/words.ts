import type { Stage } from './queries.js';
import type { Signal, TagState, TagWeight } from './tag-parts.js';

/** The API's enums in words for people. */
export const STAGES: readonly { stage: Stage; name: string }[] = [
  { stage: 'FETCH', name: 'Fetch the file' },
  { stage: 'PROBE', name: 'Read its facts' },
  { stage: 'DECODE', name: 'Find the shots' },
  { stage: 'TRANSCRIBE', name: 'Gather words' },
  { stage: 'EMBED', name: 'Measure signals' },
  { stage: 'TAG', name: 'Weigh labels' },
  { stage: 'PUBLISH', name: 'Save' },
];

export const SIGNAL_NAMES: Record<Signal, string> = { TEXT: 'words', PICTURE: 'picture', SOUND: 'sound' };

export const WEIGHT_NAMES: Record<TagWeight, string> = {
  PRIMARY: 'primary',
  MAJOR: 'major',
  SIGNIFICANT: 'significant',
};

export const STATE_NAMES: Record<TagState, string> = {
  ACCEPTED: 'accepted',
  SUGGESTED: 'suggested',
  BELOW_THRESHOLD: 'below its threshold',
  ABSTAINED: 'too little to go by',
};

/** Seconds as a clock: 75.3 → `1:15`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Bytes in the largest unit that leaves at least one: 2 411 724 → `2.3 MB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** `Ember Road` from `ember_road-trailer.final.mp4`. */
export function titleFromFileName(fileName: string): string {
  const words = fileName
    .replace(/\.[^.]+$/, '')
    .split(/[\s._-]+/)
    .filter((word) => word !== '' && !/^(official|trailer|teaser|final|hd|4k|\d{3,4}p)$/i.test(word));
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}
