import path from 'node:path';
import type { SignalEmbedding } from '../signals/signal.js';
import { embedText } from '../signals/text.js';
import { TextModel } from '../signals/text-model.js';
import { loadTagger } from '../tagging/compact-tagger.js';
import type { Tagger } from '../tagging/tagger.js';
import { type LabelMapping, readMapping, readTaxonomy, type Taxonomy } from '../tagging/taxonomy.js';
import { genreLabels, type LabelOpinion, sentencesOf } from './profile.js';
import { tellingWords } from './telling-words.js';

/** What a catalog says of a title in its own words. */
export interface CatalogText {
  synopsis: string | null;
  /** What its newest trailer says. */
  transcript: string | null;
  genres: string[];
}

/** The same as the pack reads it. */
export interface ReadText {
  /** Of length 1; null where the text model knows none of the words. */
  vector: Float32Array | null;
  /** Of synopsis and transcript, as `tellingWords` packs them. */
  words: Uint32Array | null;
  opinions: LabelOpinion[];
  /** Labels that the genres stand for. */
  given: string[];
  /** Numbers of a text vector that speak for similarity; scores follow them. */
  dense: number;
}

/** Reads synopses with the models that read transcripts, so that both can be compared. Blocks its thread. */
export class TextReader {
  private constructor(
    readonly model: TextModel,
    private readonly tagger: Tagger,
    private readonly taxonomy: Taxonomy,
    private readonly mapping: LabelMapping,
  ) {}

  /** @param packFolder the taxonomy and the mapping of genres lie beside it @throws Failure MODEL_INVALID */
  static async load(packFolder: string): Promise<TextReader> {
    const taxonomy = await readTaxonomy(path.join(packFolder, '..', 'taxonomy.json'));
    const mapping = await readMapping(path.join(packFolder, '..', 'label-mapping.json'), taxonomy);
    return new TextReader(await TextModel.load(packFolder), await loadTagger(packFolder), taxonomy, mapping);
  }

  async read({ synopsis, transcript, genres }: CatalogText): Promise<ReadText> {
    const { dense } = this.model.layout;
    const words = tellingWords(`${synopsis ?? ''} ${transcript ?? ''}`, this.model.vocabulary);
    const given = genreLabels(genres, this.taxonomy, this.mapping);
    const lines = sentencesOf(synopsis ?? '').map((text, i) => ({
      startSeconds: i,
      endSeconds: i + 1,
      text,
      kind: 'SPEECH' as const,
      speaker: null,
    }));
    const text = await embedText(this.model, lines);
    if (!text.vector) return { vector: null, words, opinions: [], given, dense };
    const { tags } = await this.tagger.tag([text, missing('PICTURE'), missing('SOUND')]);
    return {
      vector: text.vector.slice(0, dense),
      opinions: tags.map(({ label, probability, threshold, state }) => ({
        label,
        probability,
        threshold,
        state,
      })),
      words,
      given,
      dense,
    };
  }
}

function missing(signal: 'PICTURE' | 'SOUND'): SignalEmbedding {
  return {
    signal,
    model: 'none',
    vector: null,
    moments: [],
    measures: {},
    missingReason: 'A synopsis has neither picture nor sound.',
  };
}
