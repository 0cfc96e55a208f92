import path from 'node:path';
import { readManifest } from '../inference/packs.js';
import type { FullPackFiles } from '../signals/pack.js';
import type { SignalEmbedding } from '../signals/signal.js';
import { answer } from './answer.js';
import { cinematicLayout } from './compact-tagger.js';
import { type Cues, cueLogits, readCues } from './cues.js';
import { fuse } from './fusion.js';
import { FEWEST_WORDS, judgeQuality, knownWords } from './quality.js';
import type { Tagging } from './tag.js';
import { groupsOf, type Tagger } from './tagger.js';
import { weigh } from './verdict.js';
import { classEvidence, type ZeroShotHead, zeroShotAnswer } from './zero-shot.js';
import { readZeroShotHead } from './zero-shot-files.js';

/**
 * The full pack's classifier until one is trained: labels by their descriptions, with the weak cues of picture and
 * sound that the compact pack has too.
 * @throws Failure MODEL_INVALID
 */
export async function loadZeroShotTagger(files: FullPackFiles): Promise<Tagger> {
  const head = await readZeroShotHead(files);
  const { models: compact } = await readManifest(files.compactFolder);
  const cues = await readCues(
    path.join(files.compactFolder, '..', 'cues.json'),
    head.labels.map(({ id }) => id),
  );
  const clipModel = files.models.PICTURE?.name ?? null;
  const isClips = ({ model }: SignalEmbedding) => model === clipModel;
  const cinematic = cinematicLayout();
  const layout = {
    TEXT: files.models.TEXT.width,
    PICTURE: cinematic.PICTURE + (files.models.PICTURE?.width ?? 0),
    SOUND: cinematic.SOUND,
  };
  const measuredOf = (embeddings: SignalEmbedding[]) => embeddings.filter((one) => !isClips(one));
  const answers = (embeddings: SignalEmbedding[]) =>
    tagByDescription(measuredOf(embeddings), head, cues, embeddings.find(isClips));
  return {
    classifier: files.classifier,
    reads: 'MOMENTS',
    groups: groupsOf(head.labels),
    tag: async (embeddings) => {
      const whole = measuredOf(embeddings).map((embedding) =>
        embedding.model === compact.PICTURE
          ? seenTwice(embedding, cinematic.PICTURE, embeddings.find(isClips))
          : embedding,
      );
      return {
        ...answers(embeddings),
        fused: { model: files.fused, vector: fuse(whole, layout) },
        classifier: files.classifier,
      };
    },
    decide: async (embeddings) => answers(embeddings).tags,
    close: async () => {},
  };
}

/**
 * Tags and quality of one trailer: the pure core.
 * @param embeddings one of each signal, with the features that cues read
 * @param clips what a second picture encoder saw, where there is one; its moments' lines name classes
 */
export function tagByDescription(
  embeddings: readonly SignalEmbedding[],
  head: ZeroShotHead,
  cues: Cues,
  clips?: SignalEmbedding,
): Pick<Tagging, 'tags' | 'quality'> {
  const text = embeddings.find(({ signal }) => signal === 'TEXT');
  const spoken = text?.vector && knownWords(text) >= FEWEST_WORDS ? text : null;
  const cueLogit = cueLogits(
    embeddings,
    head.labels.map(({ id }) => id),
    cues,
  );
  const tags = head.labels.map((label, j) => {
    const said = spoken && zeroShotAnswer(label, spoken, head.similarity);
    const seen = clips ? classEvidence(label, clips, head) : [];
    return answer(label, said, cueLogit[j]!, embeddings, { seen });
  });
  return { tags: weigh(tags), quality: judgeQuality(embeddings) };
}

/** One picture vector for similarity: the measures and the clips behind one another, each at length 1. */
function seenTwice(
  picture: SignalEmbedding,
  measures: number,
  clips: SignalEmbedding | undefined,
): SignalEmbedding {
  if (!picture.vector || !clips?.vector) return picture;
  const vector = new Float32Array(measures + clips.vector.length);
  vector.set(atLengthOne(picture.vector));
  vector.set(atLengthOne(clips.vector), measures);
  return { ...picture, vector };
}

function atLengthOne(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
