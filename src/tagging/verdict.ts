import type { LabelGroupKind, Tag, TagState, TagWeight } from './tag.js';

/** A label is SUGGESTED from this share of its threshold's odds on … */
const SUGGESTED_ODDS = 0.5;
/** … but never below this probability. */
const LEAST_SUGGESTED = 0.05;
/** An ACCEPTED label is MAJOR from this share of the strongest one's strength on. */
const MAJOR_SHARE = 0.5;

/** The state of a label that the signals could speak to. */
export function stateOf(probability: number, threshold: number): Exclude<TagState, 'ABSTAINED'> {
  if (probability >= threshold) return 'ACCEPTED';
  const near = odds(probability) >= SUGGESTED_ODDS * odds(threshold);
  return near && probability >= LEAST_SUGGESTED ? 'SUGGESTED' : 'BELOW_THRESHOLD';
}

/**
 * In each group the strongest ACCEPTED tag is PRIMARY, those at least half as strong MAJOR, the others SIGNIFICANT.
 * Strength is how far the probability lies above its threshold, in shares of what was possible.
 */
export function weigh(tags: readonly Tag[]): Tag[] {
  const strongest = new Map<LabelGroupKind, Tag>();
  for (const tag of tags.filter(({ state }) => state === 'ACCEPTED')) {
    const best = strongest.get(groupOf(tag));
    if (!best || strength(tag) > strength(best)) strongest.set(groupOf(tag), tag);
  }
  return tags.map((tag) => {
    if (tag.state !== 'ACCEPTED') return tag;
    return { ...tag, weight: weightOf(tag, strongest.get(groupOf(tag))!) };
  });
}

function weightOf(tag: Tag, strongest: Tag): TagWeight {
  if (tag === strongest) return 'PRIMARY';
  return strength(tag) >= MAJOR_SHARE * strength(strongest) ? 'MAJOR' : 'SIGNIFICANT';
}

function groupOf(tag: Tag): LabelGroupKind {
  return tag.label.slice(0, tag.label.indexOf('/')).toUpperCase() as LabelGroupKind;
}

function strength({ probability, threshold }: Tag): number {
  return threshold < 1 ? (probability - threshold) / (1 - threshold) : 0;
}

const odds = (probability: number) => probability / (1 - probability);
