import type { Aspects, Blend } from './aspect.js';
import type { LabelCondition } from './label-table.js';
import { type Restriction, UNRESTRICTED } from './restriction.js';
import type { Neighbour } from './vector-index.js';

/** What is looked for in the whole catalog. */
export interface NeighbourRequest {
  query: Aspects;
  blend: Blend;
  limit: number;
  /** The list goes on behind this one. */
  after: Neighbour | null;
  minScore: number;
  /** Left out: these titles. */
  without: ReadonlySet<string>;
  labels: LabelCondition | null;
  restriction: Restriction;
}

/** Where vectors are kept and searched. */
export interface VectorEngine {
  /** Likest first; equal scores by id. Conditions hold for every neighbour and never shorten the list. */
  nearest(request: NeighbourRequest): Promise<Neighbour[]>;
  /** Vectors that stay as they are when the catalog changes; titles that are not known are left out. */
  aspectsOf(ids: readonly string[]): Promise<Map<string, Aspects>>;
  /** Takes over what the index has taken over from the table of profiles. */
  refresh(): Promise<void>;
}

/** The whole catalog from its beginning; a request that wants less says so. */
export const EVERYTHING: Omit<NeighbourRequest, 'query' | 'blend' | 'limit'> = {
  after: null,
  minScore: -1,
  without: new Set(),
  labels: null,
  restriction: UNRESTRICTED,
};
