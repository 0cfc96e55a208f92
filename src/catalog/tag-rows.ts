import type { Signal, TagState, TagWeight } from '../generated/prisma/enums.js';

/** A classifier's answer about one label, as it is stored. */
export interface StoredTag {
  label: string;
  probability: number;
  threshold: number;
  state: TagState;
  weight: TagWeight | null;
  /** Null: not stored; the classifier is asked when it is read. */
  shares: Partial<Record<Signal, number>> | null;
  /** Null: not stored, as with the shares. */
  evidence: object[] | null;
}

/**
 * The labels that are neither ACCEPTED nor SUGGESTED, by id: probability, threshold, whether it is ABSTAINED (else
 * BELOW_THRESHOLD), shares where they are known. Most labels of a prediction are among them; as rows they would be most
 * of the database. Rounded to a millionth: more digits would make a row too long for its page.
 */
export type OtherTags = Record<
  string,
  [number, number, boolean] | [number, number, boolean, NonNullable<StoredTag['shares']>]
>;

/** Tags that have rows of their own, and the others as their prediction keeps them. */
export function splitTags<T extends StoredTag>(tags: readonly T[]): { rows: T[]; others: OtherTags } {
  const rows: T[] = [];
  const others: OtherTags = {};
  for (const tag of tags) {
    const { label, probability, threshold, state, shares } = tag;
    if (state === 'ACCEPTED' || state === 'SUGGESTED') rows.push(tag);
    else {
      const answer = [rounded(probability), rounded(threshold), state === 'ABSTAINED'] as const;
      others[label] = shares ? [...answer, shares] : [...answer];
    }
  }
  return { rows, others };
}

/** The tags that `splitTags` put among the others. */
export function tagsOfOthers(others: OtherTags): StoredTag[] {
  return Object.entries(others).map(([label, [probability, threshold, isAbstained, shares = null]]) => ({
    ...{ label, probability, threshold, shares },
    state: isAbstained ? 'ABSTAINED' : 'BELOW_THRESHOLD',
    weight: null,
    evidence: [],
  }));
}

/** How far a probability lies from its threshold, in log-odds. */
export function marginOf(probability: number, threshold: number): number {
  return Math.abs(logOdds(probability) - logOdds(threshold));
}

const DECISION = '"predictionId", "labelId", "probability", "threshold", "state", "weight", "margin"';
const UNNESTED = `$1::text[], $2::text[], $3::float8[], $4::float8[], $5::"TagState"[], $6::"TagWeight"[], $7::float8[]`;

/** Writes the rows whose columns `tagColumns` gives as parameters. */
export const INSERT_TAGS = `
  INSERT INTO "Tag" (${DECISION}, "shares", "evidence") SELECT * FROM unnest(${UNNESTED}, $8::jsonb[], $9::jsonb[])`;

/** Writes the rows whose columns `decisionColumns` gives as parameters: without shares and evidence. */
export const INSERT_DECISIONS = `INSERT INTO "Tag" (${DECISION}) SELECT * FROM unnest(${UNNESTED})`;

interface TagRow {
  predictionId: string;
  tag: StoredTag;
}

/** One array a column of `INSERT_TAGS`. */
export function tagColumns(rows: readonly TagRow[]): unknown[][] {
  return [
    ...decisionColumns(rows),
    rows.map(({ tag: { shares } }) => shares && JSON.stringify(shares)),
    rows.map(({ tag: { evidence } }) => evidence && JSON.stringify(evidence)),
  ];
}

/** One array a column of `INSERT_DECISIONS`. */
export function decisionColumns(rows: readonly TagRow[]): unknown[][] {
  const column = (value: (tag: StoredTag) => unknown) => rows.map(({ tag }) => value(tag));
  return [
    rows.map(({ predictionId }) => predictionId),
    column(({ label }) => label),
    column(({ probability }) => probability),
    column(({ threshold }) => threshold),
    column(({ state }) => state),
    column(({ weight }) => weight),
    column(({ probability, threshold }) => marginOf(probability, threshold)),
  ];
}

const rounded = (share: number) => Math.round(share * 1e6) / 1e6;

/** Bounded, so that a certain answer has a margin that can be stored. */
function logOdds(probability: number): number {
  const LEAST = 1e-9;
  return Math.log(Math.max(probability, LEAST) / Math.max(1 - probability, LEAST));
}
