import path from 'node:path';
import { readManifest } from '../inference/packs.js';
import { PICTURE_FEATURES, SHOT_FEATURES } from '../signals/picture-features.js';
import type { SignalEmbedding } from '../signals/signal.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../signals/sound-features.js';
import { readTextLayout, TEXT_FILES } from '../signals/text-files.js';
import { answer } from './answer.js';
import { type Cues, cueLogits, readCues } from './cues.js';
import { type FusionLayout, fuse } from './fusion.js';
import { type Head, type HeadLabel, lineContribution, readHead, textLogit } from './head.js';
import { FEWEST_WORDS, judgeQuality, knownWords } from './quality.js';
import type { Evidence, Tagging } from './tag.js';
import { groupsOf, type Tagger } from './tagger.js';
import { labelsOf, readTaxonomy } from './taxonomy.js';
import { lengthUnit } from './text-lengths.js';
import { weigh } from './verdict.js';

export const HEAD_FILE = 'head.json';

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
  const model = { head, cues, dense: layout.dense };
  return {
    classifier: manifest.models.HEAD,
    reads: 'VECTORS',
    groups: groupsOf(head.labels),
    tag: async (embeddings) => ({
      ...tagEmbeddings(embeddings, model),
      fused: { model: manifest.models.FUSED, vector: fuse(embeddings, fusion) },
      classifier: manifest.models.HEAD,
    }),
    decide: async (embeddings) => tagEmbeddings(embeddings, model, false).tags,
    close: async () => {},
  };
}

/** @param dense numbers of a text vector that speak for similarity */
export function fusionLayout(dense: number): FusionLayout {
  return { TEXT: dense, ...cinematicLayout() };
}

/** Numbers of the cinematic vector and of the sound's, in any pack. */
export function cinematicLayout(): Omit<FusionLayout, 'TEXT'> {
  const count = (...catalogues: object[]) =>
    catalogues.reduce((sum, features) => sum + Object.keys(features).length, 0);
  return {
    PICTURE: count(SHOT_FEATURES, PICTURE_FEATURES),
    SOUND: count(STRETCH_FEATURES, SOUND_FEATURES),
  };
}

interface CompactModel {
  head: Head;
  cues: Cues;
  /** Where a text vector's scores begin. */
  dense: number;
}

/**
 * Tags and quality of one trailer: the pure core of the tagger.
 * @param explains whether evidence and shares are wanted
 */
export function tagEmbeddings(
  embeddings: readonly SignalEmbedding[],
  { head, cues, dense }: CompactModel,
  explains = true,
): Pick<Tagging, 'tags' | 'quality'> {
  const text = embeddings.find(({ signal }) => signal === 'TEXT');
  const spoken = text?.vector && knownWords(text) >= FEWEST_WORDS ? text : null;
  const cueLogit = cueLogits(
    embeddings,
    head.labels.map(({ id }) => id),
    cues,
  );
  const scores = spoken?.vector?.subarray(dense);
  const u = spoken ? lengthUnit(knownWords(spoken), head.length) : 0;
  const said = (label: HeadLabel) =>
    spoken && {
      logit: textLogit(label, scores!, u),
      parts: explains ? textParts(label, spoken, u, dense) : [],
    };
  const tags = head.labels.map((label, j) =>
    answer(label, said(label), cueLogit[j]!, embeddings, { explains }),
  );
  return { tags: weigh(tags), quality: judgeQuality(embeddings) };
}

function textParts(label: HeadLabel, text: SignalEmbedding, u: number, dense: number): Evidence[] {
  return text.moments.map(({ startSeconds, endSeconds, line, shotIndex, vector }) => ({
    startSeconds,
    endSeconds,
    signal: 'TEXT',
    contribution: lineContribution(label, vector.subarray(dense), u),
    line,
    shotIndex,
  }));
}
