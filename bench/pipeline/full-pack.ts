import { cp } from 'node:fs/promises';
import path from 'node:path';
import { usableCores } from '../../src/inference/machine.js';
import type { PulledModel } from '../../src/inference/pulled-models.js';
import type { FullPackFiles } from '../../src/signals/pack.js';
import { type FullSizeName, fullSizeCheckpoint } from '../models/checkpoints.js';

/**
 * The full pack with random weights in the real shapes, below `benchFolder`. Without Silero, so that the recogniser
 * hears all of the sound: the dearest case.
 *
 * @param tokenizers the official `tokenizer.json` files, which cannot be made up
 */
export async function fullSizePack({
  benchFolder,
  compactFolder,
  tokenizers,
}: {
  benchFolder: string;
  compactFolder: string;
  tokenizers: string;
}): Promise<FullPackFiles> {
  const model = async (name: FullSizeName, width: number, tokenizer: string | null): Promise<PulledModel> => {
    const folder = await fullSizeCheckpoint(benchFolder, name);
    if (tokenizer) await cp(path.join(tokenizers, tokenizer), path.join(folder, 'tokenizer.json'));
    return { repository: `random/${name}`, folder, name: `random/${name}@0`, width, bytes: 0 };
  };
  return {
    id: 'full',
    compactFolder,
    models: {
      SPEECH: await model('whisper-base', 0, 'whisper-multilingual.tokenizer.json'),
      // Of the same family; its 30,522 tokens are among MPNet's 30,527.
      TEXT: await model('all-mpnet-base-v2', 768, 'all-MiniLM-L6-v2.tokenizer.json'),
      PICTURE: await model('videomae-base', 768, null),
      SPEECH_GATE: null,
    },
    cacheFolder: path.join(benchFolder, 'converted'),
    classifier: 'zero-shot@random',
    fused: 'full-fused@random',
    device: 'cpu',
    precision: 'int8',
    sampling: 'shots',
    threads: usableCores(),
  };
}
