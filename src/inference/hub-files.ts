import { Failure } from '../failure.js';
import type { HubFile } from './hub.js';

/** What a checkpoint folder needs besides its weights, where the repository has it. */
const SMALL_FILES = new Set([
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'modules.json',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
]);
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;
/** Loading one runs whatever code was pickled into it. */
const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)$/;

/**
 * Of a repository's files those that Marquee reads: configuration, tokenizer and the weights as safetensors.
 * @param exactly takes these files instead, for ready-made ONNX exports
 * @throws Failure MODEL_INVALID when the weights are there as a pickle only, or a wanted file is missing
 */
export function wantedFiles(
  repository: string,
  files: readonly HubFile[],
  exactly: readonly string[] | null,
): HubFile[] {
  if (exactly) {
    return exactly.map((name) => {
      if (PICKLE.test(name)) throw refusePickle(repository, name);
      const file = files.find(({ path }) => path === name);
      if (!file) throw new Failure('MODEL_INVALID', `${repository} has no ${name}: choose another revision.`);
      return file;
    });
  }
  const single = files.filter(({ path }) => path === SINGLE);
  const shards = files.filter(({ path }) => path === INDEX || SHARD.test(path));
  const weights = single.length > 0 ? single : shards;
  if (weights.length === 0) {
    const pickle = files.find(({ path }) => PICKLE.test(path));
    if (pickle) throw refusePickle(repository, pickle.path);
    throw new Failure(
      'MODEL_INVALID',
      `${repository} has no weights as safetensors: choose another model or revision.`,
    );
  }
  return [...files.filter(({ path }) => SMALL_FILES.has(path)), ...weights];
}

function refusePickle(repository: string, name: string): Failure {
  return new Failure(
    'MODEL_INVALID',
    `${repository} has its weights as a pickle (${name}), and reading a pickle runs whatever code is in it: ` +
      'choose a revision with safetensors.',
  );
}
