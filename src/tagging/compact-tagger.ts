import path from 'node:path';
import { readManifest } from '../inference/packs.js';
import { PICTURE_FEATURES, SHOT_FEATURES } from '../signals/picture-features.js';
import type { Signal, SignalEmbedding } from '../signals/signal.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../signals/sound-features.js';
import { readTextLayout, TEXT_FILES } from '../signals/text-model.js';
import { type CueLogit, type Cues, cueLogits, readCues } from './cues.js';
import { type FusionLayout, fuse } from './fusion.js';
import {
  type Head,
  type HeadLabel,
  lengthUnit,
  lineContribution,
  probabilityOf,
  readHead,
  textLogit,
} from './head.js';
import { FEWEST_WORDS, judgeQuality, knownWords } from './quality.js';
import type { Evidence, Tag, Tagging } from './tag.js';
import type { Tagger } from './tagger.js';
import { labelsOf, readTaxonomy } from './taxonomy.js';
import { stateOf, weigh } from './verdict.js';

export const HEAD_FILE = 'head.json';

/**
 * Without words, cues must move a label's log-odds by this much, either way, to carry an answer: odds times 1.3. Less
 * would repeat how frequent the label is and call it seen.
 */
const CARRYING_CUE = 0.25;

/** Pieces of evidence that a tag names at most. */
const MOST_EVIDENCE = 5;

/**
 * The compact pack's classifier: the head's log-odds from the words plus the weak cues of picture and sound.
 * @param folder the pack's folder; the taxonomy and the cues lie beside it
 * @throws Failure MODEL_INVALID
 */
export async function loadTagger(folder: string): Promise<Tagger> {
  const manifest = await readManifest(folder);
  const head = await readHead(path.join(folder, HEAD_FILE));
  const layout = await readTextLayout(path.join(folder, TEXT_FILES.layout));
  const taxonomy = await readTaxonomy(path.join(folder, '..', 'taxonomy.json'));
  const cues = await readCues(
    path.join(folder, '..', 'cues.json'),
    labelsOf(taxonomy).map(({ id }) => id),
  );
  const fusion = fusionLayout(layout.dense);
  return {
    classifier: manifest.models.HEAD,
    tag: async (embeddings) => ({
      ...tagEmbeddings(embeddings, head, cues, layout.dense),
      fused: { model: manifest.models.FUSED, vector: fuse(embeddings, fusion) },
      classifier: manifest.models.HEAD,
    }),
    close: async () => {},
  };
}

/** @param dense numbers of a text vector that speak for similarity */
export function fusionLayout(dense: number): FusionLayout {
  const count = (...catalogues: object[]) =>
    catalogues.reduce((sum, features) => sum + Object.keys(features).length, 0);
  return {
    TEXT: dense,
    PICTURE: count(SHOT_FEATURES, PICTURE_FEATURES),
    SOUND: count(STRETCH_FEATURES, SOUND_FEATURES),
  };
}

/** Tags and quality of one trailer: the pure core of the tagger. `dense` is where a text vector's scores begin. */
export function tagEmbeddings(
  embeddings: readonly SignalEmbedding[],
  head: Head,
  cues: Cues,
  dense: number,
): Pick<Tagging, 'tags' | 'quality'> {
  const text = embeddings.find(({ signal }) => signal === 'TEXT');
  const spoken = text?.vector && knownWords(text) >= FEWEST_WORDS ? text : null;
  const cueLogit = cueLogits(
    embeddings,
    head.labels.map(({ id }) => id),
    cues,
  );
  const tags = head.labels.map((label, j) => {
    const parts = [...textParts(label, spoken, head, dense), ...cueParts(cueLogit[j]!, embeddings)];
    const base = spoken
      ? textLogit(label, spoken.vector!.subarray(dense), unitOf(spoken, head))
      : label.prior;
    const silent = !spoken && Math.abs(cueLogit[j]!.logit) < CARRYING_CUE;
    return toTag(label, base + cueLogit[j]!.logit, silent ? [] : parts);
  });
  return { tags: weigh(tags), quality: judgeQuality(embeddings) };
}

const unitOf = (text: SignalEmbedding, head: Head) => lengthUnit(knownWords(text), head);

/** A label that no signal at hand speaks to is abstained from: its probability is then about its prior. */
function toTag(label: HeadLabel, logit: number, parts: Evidence[]): Tag {
  const probability = probabilityOf(logit);
  const state = parts.length === 0 ? 'ABSTAINED' : stateOf(probability, label.threshold);
  const told = state === 'ACCEPTED' || state === 'SUGGESTED';
  return {
    label: label.id,
    probability,
    threshold: label.threshold,
    state,
    weight: null,
    evidence: told ? strongest(parts) : [],
    shares: sharesOf(parts),
  };
}

function textParts(label: HeadLabel, text: SignalEmbedding | null, head: Head, dense: number): Evidence[] {
  if (!text) return [];
  const u = unitOf(text, head);
  return text.moments.map(({ startSeconds, endSeconds, line, shotIndex, vector }) => ({
    startSeconds,
    endSeconds,
    signal: 'TEXT',
    contribution: lineContribution(label, vector.subarray(dense), u),
    line,
    shotIndex,
  }));
}

function cueParts(cue: CueLogit, embeddings: readonly SignalEmbedding[]): Evidence[] {
  return cue.contributions.map(({ signal, moment, logit }) => {
    const { startSeconds, endSeconds, line, shotIndex } = embeddings.find((e) => e.signal === signal)!
      .moments[moment]!;
    return { startSeconds, endSeconds, signal, contribution: logit, line, shotIndex };
  });
}

/** The moments that spoke most for the label. */
function strongest(parts: readonly Evidence[]): Evidence[] {
  return parts
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution || a.startSeconds - b.startSeconds)
    .slice(0, MOST_EVIDENCE);
}

/** Each signal's part of all that was said for and against the label. */
function sharesOf(parts: readonly Evidence[]): Partial<Record<Signal, number>> {
  const shares: Partial<Record<Signal, number>> = {};
  for (const { signal, contribution } of parts)
    shares[signal] = (shares[signal] ?? 0) + Math.abs(contribution);
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  if (total === 0) return {};
  for (const signal of Object.keys(shares) as Signal[]) shares[signal] = shares[signal]! / total;
  return shares;
}
