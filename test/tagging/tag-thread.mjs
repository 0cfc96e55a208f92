// A worker thread that tags spoken lines with the shipped pack.
import { fileURLToPath } from 'node:url';
import { serveTasks } from '../../dist/inference/thread.js';
import { embedText } from '../../dist/signals/text.js';
import { TextModel } from '../../dist/signals/text-model.js';
import { loadTagger } from '../../dist/tagging/compact-tagger.js';

const folder = fileURLToPath(new URL('../../models/compact', import.meta.url));
const loaded = Promise.all([TextModel.load(folder), loadTagger(folder)]);

serveTasks({
  async tag(lines) {
    const [model, tagger] = await loaded;
    return tagger.tag([await embedText(model, lines)]);
  },
});
