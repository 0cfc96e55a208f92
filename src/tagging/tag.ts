import type { Signal } from '../signals/signal.js';

export type TagState = 'ACCEPTED' | 'SUGGESTED' | 'BELOW_THRESHOLD' | 'ABSTAINED';
export type TagWeight = 'PRIMARY' | 'MAJOR' | 'SIGNIFICANT';
export type LabelGroupKind = 'GENRE' | 'MOOD' | 'THEME';

/** One label's answer for one trailer. */
export interface Tag {
  /** Label id, for example `theme/family`. */
  label: string;
  /** Calibrated, 0 … 1. */
  probability: number;
  /** At or above it the tag is ACCEPTED. */
  threshold: number;
  state: TagState;
  /** Only for ACCEPTED tags; at most one PRIMARY a group. */
  weight: TagWeight | null;
  /** Strongest first; empty for tags that are neither ACCEPTED nor SUGGESTED. */
  evidence: Evidence[];
  /** Share of each present signal in the decision, summing to 1. */
  shares: Partial<Record<Signal, number>>;
}

/** A moment that carried a tag. */
export interface Evidence {
  startSeconds: number;
  endSeconds: number;
  signal: Signal;
  /** What the moment added to the tag's logit. */
  contribution: number;
  line: string | null;
  shotIndex: number | null;
}

/** How much there was to go by, each 0 … 1. */
export interface SignalQuality {
  overall: number;
  speech: number;
  light: number;
  variety: number;
  sound: number;
  /** For people: what was weak or missing, one sentence each. */
  notes: string[];
}

export interface Tagging {
  tags: Tag[];
  quality: SignalQuality;
  /** All signals fused into one unit vector for similarity, and the model that made it. */
  fused: { model: string; vector: Float32Array };
  classifier: string;
}
