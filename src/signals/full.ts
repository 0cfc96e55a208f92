import path from 'node:path';
import { silero } from '../inference/pulled-models.js';
import { embedClips } from './clips.js';
import type { FullPackFiles, Pack } from './pack.js';
import { embedPicture } from './picture.js';
import { SentenceEncoder } from './sentence.js';
import { embedSentences } from './sentences.js';
import { embedSound } from './sound.js';
import { closeRecogniser, openRecogniser } from './speech/recogniser.js';
import { RECOGNITION_DEFAULTS, type Recogniser, recogniseSpeech } from './speech/recognition.js';
import { pictureModel, readStatistics, soundModel } from './statistics.js';
import { Videomae } from './videomae.js';

/** The full pack, which also encodes single texts: the zero-shot head is made of them. */
export interface FullPack extends Pack {
  id: 'full';
  /** What listens. A benchmark puts a model in its place that speaks as long as it wants. */
  recogniser: Recogniser;
  encodeTexts(texts: readonly string[]): Promise<Float32Array[]>;
  /** What a fine-tuned VideoMAE can see; empty for one that was not fine-tuned. */
  classNames: readonly string[];
}

/**
 * Opens the official checkpoints; the first time each is converted, which takes a while. To be loaded inside a
 * worker thread: its encoders block.
 * @throws Failure MODEL_INVALID
 */
export async function loadFullPack(files: FullPackFiles): Promise<FullPack> {
  const { models, precision, cacheFolder, threads, device } = files;
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  const options = ({ repository }: { repository: string }) => ({
    name: repository,
    ...{ precision, cacheFolder, threads, device },
  });
  try {
    const statistics = await readStatistics(path.join(files.compactFolder, 'statistics.json'));
    const sentences = await SentenceEncoder.open(models.TEXT.folder, options(models.TEXT));
    opened.push(() => sentences.close());
    const videomae = models.PICTURE && (await Videomae.open(models.PICTURE.folder, options(models.PICTURE)));
    opened.push(async () => videomae?.close());
    const recogniser = await openRecogniser(
      { checkpointFolder: models.SPEECH.folder, sileroFile: silero(models.SPEECH_GATE) },
      options(models.SPEECH),
    );
    opened.push(() => closeRecogniser(recogniser));
    return {
      id: 'full',
      models: {
        TEXT: models.TEXT.name,
        PICTURE: models.PICTURE?.name ?? pictureModel(statistics),
        SOUND: soundModel(statistics),
      },
      recogniser,
      recognise: ({ sound, known }, context) =>
        recogniseSpeech(sound.samples, recogniser, { ...RECOGNITION_DEFAULTS, known }, context),
      encodeTexts: (texts) => sentences.encode(texts),
      classNames: videomae?.classNames ?? [],
      async embed({ path: file, decoded, lines }, context) {
        context.signal.throwIfAborted();
        const words = await embedSentences(sentences, models.TEXT.name, lines);
        context.signal.throwIfAborted();
        const embeddings = [words, embedPicture(decoded, statistics), embedSound(decoded.sound, statistics)];
        if (!videomae) return embeddings;
        const reader = { videomae, name: models.PICTURE!.name, sampling: files.sampling };
        const clips = await embedClips(reader, { path: file, decoded }, context);
        return [...embeddings, clips];
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
