import path from 'node:path';
import type { Pack } from './pack.js';
import { embedPicture } from './picture.js';
import { embedSound } from './sound.js';
import { pictureModel, readStatistics, soundModel } from './statistics.js';
import { embedText } from './text.js';
import { TextModel } from './text-model.js';

/**
 * The pack that ships in the repository. To be loaded inside a worker thread: its encoders block.
 * @param folder holds `manifest.json` and the files that it lists
 * @throws Failure MODEL_INVALID
 */
export async function loadCompactPack(folder: string): Promise<Pack> {
  const statistics = await readStatistics(path.join(folder, 'statistics.json'));
  const text = await TextModel.load(folder);
  return {
    id: 'compact',
    recognise: null,
    models: { TEXT: text.name, PICTURE: pictureModel(statistics), SOUND: soundModel(statistics) },
    async embed({ decoded, lines }, { signal }) {
      signal.throwIfAborted();
      const words = await embedText(text, lines);
      signal.throwIfAborted();
      const picture = embedPicture(decoded, statistics);
      signal.throwIfAborted();
      return [words, picture, embedSound(decoded.sound, statistics)];
    },
    close: () => text.close(),
  };
}
