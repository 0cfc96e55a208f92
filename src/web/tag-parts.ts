/** A tag as the page reads it. Field meanings: schema.graphql. */
export type Signal = 'TEXT' | 'PICTURE' | 'SOUND';
export type TagState = 'ACCEPTED' | 'SUGGESTED' | 'BELOW_THRESHOLD' | 'ABSTAINED';
export type TagWeight = 'PRIMARY' | 'MAJOR' | 'SIGNIFICANT';
export type LabelGroupKind = 'GENRE' | 'MOOD' | 'THEME';

export type Verdict = 'ACCEPT' | 'REJECT' | 'PRIMARY';

export interface Review {
  id: string;
  verdict: Verdict;
}

export interface Evidence {
  startSeconds: number;
  endSeconds: number;
  signal: Signal;
  contribution: number;
  line: string | null;
  thumbnailUrl: string | null;
}

export interface Tag {
  label: { id: string; name: string; group: LabelGroupKind; definition: string };
  probability: number;
  threshold: number;
  state: TagState;
  weight: TagWeight | null;
  review: Review | null;
  flip: { logOdds: number; moments: number | null };
  evidence: Evidence[];
}

export const TAG_PARTS = /* GraphQL */ `
  fragment TagParts on Tag {
    label { id name group definition }
    probability threshold state weight
    review { id verdict }
    flip { logOdds moments }
    evidence { startSeconds endSeconds signal contribution line thumbnailUrl }
  }
`;
