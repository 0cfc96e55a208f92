import type { Config } from '../config.js';
import type { TaskContext } from '../inference/threads.js';
import { decodeTrailer } from '../media/decode.js';
import { loadDecoded, saveDecoded } from '../media/decode-folder.js';
import type { DecodedTrailer, Shot, SubtitleTrack } from '../media/decoded.js';
import type { MediaFacts } from '../media/facts.js';
import { probeTrailer } from '../media/probe.js';
import type { TimedLine } from '../media/subtitles.js';
import { loadCompactPack } from '../signals/compact.js';
import type { Pack } from '../signals/pack.js';
import type { SignalEmbedding } from '../signals/signal.js';
import { loadTagger } from '../tagging/compact-tagger.js';
import type { Tagging } from '../tagging/tag.js';
import type { Tagger } from '../tagging/tagger.js';

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
let tagger: Promise<Tagger> | null = null;
const loadedPack = (folder: string) => (pack ??= loadCompactPack(folder));
const loadedTagger = (folder: string) => (tagger ??= loadTagger(folder));

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

  async embed(
    input: { decode: DecodeInput; lines: TimedLine[]; packFolder: string },
    context: TaskContext,
  ): Promise<SignalEmbedding[]> {
    const decoded = await decodeOnce(input.decode, context);
    const encoders = await loadedPack(input.packFolder);
    return encoders.embed({ decoded, lines: input.lines }, { signal: context.signal });
  },

  async tag(input: { embeddings: SignalEmbedding[]; packFolder: string }): Promise<Tagging> {
    const head = await loadedTagger(input.packFolder);
    return head.tag(input.embeddings);
  },

  /** Loads the models ahead of the first trailer. */
  async warmUp(input: { packFolder: string }): Promise<void> {
    await Promise.all([loadedPack(input.packFolder), loadedTagger(input.packFolder)]);
  },
};

export type AnalysisTasks = typeof tasks;

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
