import type { Config } from '../config.js';
import type { TaskContext } from '../inference/threads.js';
import { decodeTrailer } from '../media/decode.js';
import { loadDecoded, saveDecoded } from '../media/decode-folder.js';
import type { DecodedTrailer, Shot, SubtitleTrack } from '../media/decoded.js';
import type { MediaFacts } from '../media/facts.js';
import { probeTrailer } from '../media/probe.js';
import type { TimedLine } from '../media/timed-line.js';
import { loadCompactPack } from '../signals/compact.js';
import type { Pack, PackFiles } from '../signals/pack.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Island } from '../signals/speech/islands.js';
import type { Recognition } from '../signals/speech/recognition.js';
import type { Tag, Tagging } from '../tagging/tag.js';
import type { ClassifierVersion } from './classifier-files.js';
import { taggerOf } from './loaded-taggers.js';

/** What every task that needs the decoded trailer is told. */
export interface DecodeInput {
  path: string;
  facts: MediaFacts;
  /** Where this content's decoded parts lie or will lie. */
  folder: string;
  /** Decode again even when the folder has a result. */
  again: boolean;
}

/** The decoded trailer without its bulk, which stays on disk. */
export interface DecodeSummary {
  shots: Shot[];
  subtitles: SubtitleTrack[];
  sound: DecodedTrailer['sound']['state'];
  decodePath: DecodedTrailer['decodePath'];
}

let pack: Promise<Pack> | null = null;
const loadedPack = (files: PackFiles) => (pack ??= openPack(files));

/** What a worker thread of the pipeline can do. */
export const tasks = {
  probe(input: { path: string; limits: Config['limits'] }, { signal }: TaskContext): Promise<MediaFacts> {
    return probeTrailer(input.path, { limits: input.limits, signal });
  },

  async decode(input: DecodeInput, context: TaskContext): Promise<DecodeSummary> {
    const decoded = await decodeOnce(input, context);
    return {
      shots: decoded.shots,
      subtitles: decoded.subtitles,
      sound: decoded.sound.state,
      decodePath: decoded.decodePath,
    };
  },

  /** What is said in the sound, outside of the stretches whose words are known; null where there is nothing to listen to, or nothing that listens. */
  async recognise(
    input: { decode: DecodeInput; known: Island[]; pack: PackFiles },
    context: TaskContext,
  ): Promise<Recognition | null> {
    const { recognise } = await loadedPack(input.pack);
    const { sound } = await decodeOnce(input.decode, context);
    return recognise && sound.state === 'PRESENT' ? recognise({ sound, known: input.known }, context) : null;
  },

  async embed(
    input: { decode: DecodeInput; lines: TimedLine[]; pack: PackFiles },
    context: TaskContext,
  ): Promise<SignalEmbedding[]> {
    const decoded = await decodeOnce(input.decode, context);
    const encoders = await loadedPack(input.pack);
    return encoders.embed({ path: input.decode.path, decoded, lines: input.lines }, context);
  },

  async tag(input: {
    embeddings: SignalEmbedding[];
    pack: PackFiles;
    classifier: ClassifierVersion;
  }): Promise<Tagging> {
    const tagger = await taggerOf(input.pack, input.classifier);
    return tagger.tag(input.embeddings);
  },

  /** Why each label of each trailer is what it is. */
  async explain(input: {
    trailers: SignalEmbedding[][];
    pack: PackFiles;
    classifier: ClassifierVersion;
  }): Promise<Pick<Tag, 'label' | 'evidence' | 'shares'>[][]> {
    const tagger = await taggerOf(input.pack, input.classifier);
    const taggings = await Promise.all(input.trailers.map((embeddings) => tagger.tag(embeddings)));
    return taggings.map(({ tags }) =>
      tags.map(({ label, evidence, shares }) => ({ label, evidence, shares })),
    );
  },

  /** Loads the encoders ahead of the first trailer. */
  async loadEncoders(files: PackFiles): Promise<void> {
    await loadedPack(files);
  },

  /** Loads a classifier ahead of the first trailer; the encoders must have been loaded once before. */
  async loadTagger(input: { pack: PackFiles; classifier: ClassifierVersion }): Promise<void> {
    await taggerOf(input.pack, input.classifier);
  },
};

export type AnalysisTasks = typeof tasks;

async function openPack(files: PackFiles): Promise<Pack> {
  if (files.id === 'compact') return loadCompactPack(files.folder);
  // Its tokenizers and graphs are a third of all that a thread would import.
  const { loadFullPack } = await import('../signals/full.js');
  const { ensureZeroShotHead } = await import('../tagging/zero-shot-files.js');
  const full = await loadFullPack(files);
  await ensureZeroShotHead(files, (texts) => full.encodeTexts(texts), full.classNames);
  return full;
}

async function decodeOnce(input: DecodeInput, context: TaskContext): Promise<DecodedTrailer> {
  const known = input.again ? null : await loadDecoded(input.folder);
  if (known) return known;
  const decoded = await decodeTrailer(
    { path: input.path, facts: input.facts, folder: input.folder, sidecars: [] },
    context,
  );
  await saveDecoded(input.folder, decoded);
  return decoded;
}
