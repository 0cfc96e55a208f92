import type { Signal } from '../signals/signal.js';
import type { LabelMapping, Taxonomy } from '../tagging/taxonomy.js';

/** A label that a title has or may have. */
export interface ProfileLabel {
  label: string;
  /** 0 … 1; 1 where a person said so. */
  probability: number;
  /** False: only worth a look. */
  accepted: boolean;
}

/** What discovery goes by. Each vector names the model that made it; null where the title has none. */
export interface Profile {
  predictionId: string | null;
  vectors: Record<Signal, { model: string; vector: Float32Array } | null>;
  /** As `tellingWords` packs them, in the places of the text model. */
  words: Uint32Array | null;
  /** Accepted ones first, each part likeliest first. */
  labels: ProfileLabel[];
}

/** A judgement of one label, from a model or a person. */
export interface LabelOpinion {
  label: string;
  probability: number;
  threshold: number;
  state: 'ACCEPTED' | 'SUGGESTED' | 'BELOW_THRESHOLD' | 'ABSTAINED';
}

export interface LabelSources {
  /** From the newest prediction, and from the catalog's own text. */
  opinions: readonly LabelOpinion[];
  /** Labels that the catalog's source gave. */
  given: readonly string[];
  /** Editors' verdicts that stand. */
  verdicts: readonly { label: string; verdict: 'ACCEPT' | 'REJECT' | 'PRIMARY' }[];
}

/**
 * One list of labels: editors overrule everybody, the catalog's source overrules the models, and of two models'
 * opinions the surer one counts.
 */
export function mergeLabels({ opinions, given, verdicts }: LabelSources): ProfileLabel[] {
  const merged = new Map<string, ProfileLabel>();
  for (const { label, probability, state } of opinions) {
    if (state !== 'ACCEPTED' && state !== 'SUGGESTED') continue;
    const accepted = state === 'ACCEPTED';
    const known = merged.get(label);
    if (known?.accepted && !accepted) continue;
    if (known && known.accepted === accepted && known.probability >= probability) continue;
    merged.set(label, { label, probability, accepted });
  }
  for (const label of given) merged.set(label, { label, probability: 1, accepted: true });
  for (const { label, verdict } of verdicts) {
    if (verdict === 'REJECT') merged.delete(label);
    else merged.set(label, { label, probability: 1, accepted: true });
  }
  return [...merged.values()].sort(
    (a, b) =>
      Number(b.accepted) - Number(a.accepted) ||
      b.probability - a.probability ||
      (a.label < b.label ? -1 : 1),
  );
}

/** Labels of the group GENRE that the names which a catalog uses stand for; a name that says nothing gives none. */
export function genreLabels(names: readonly string[], taxonomy: Taxonomy, mapping: LabelMapping): string[] {
  const labels = taxonomy.groups.find(({ kind }) => kind === 'GENRE')?.labels ?? [];
  const mapped = new Map(
    Object.entries(mapping.genre).map(([name, ids]) => [
      name.toLowerCase(),
      ids.filter((id) => id.startsWith('genre/')),
    ]),
  );
  for (const { id, name } of labels) mapped.set(name.toLowerCase(), [id]);
  return [...new Set(names.flatMap((name) => mapped.get(name.trim().toLowerCase()) ?? []))];
}

/** A text in sentences: the text model reads line by line. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}
