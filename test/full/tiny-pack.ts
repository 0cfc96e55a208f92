import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bertDims, videomaeDims, whisperDims } from '../inference/architectures.js';
import { writeCheckpoint } from '../inference/random-checkpoint.js';
import { toyTokenizerJson } from '../signals/speech/toy-tokenizer.js';

const whisper = {
  model_type: 'whisper',
  d_model: 12,
  num_mel_bins: 80,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 20,
  decoder_layers: 2,
  decoder_attention_heads: 2,
  decoder_ffn_dim: 20,
  max_source_positions: 1500,
  max_target_positions: 22,
  vocab_size: 267 + 1501, // bytes and steering tokens, then the times of a window
  activation_function: 'gelu',
};
const bert = {
  model_type: 'bert',
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  vocab_size: 64,
  max_position_embeddings: 66,
};
const videomae = {
  model_type: 'videomae',
  image_size: 224,
  patch_size: 32,
  num_frames: 16,
  tubelet_size: 8,
  hidden_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 20,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  use_mean_pooling: false,
  // Of two classes one is always likelier than all others.
  id2label: { 0: 'sword fighting', 1: 'ice skating' },
};
/** What the pack's picture encoder can name. */
export const CLASSES = Object.values(videomae.id2label);

/** Numbers of one sentence's and of one clip's vector. */
export const WIDTHS = { TEXT: bert.hidden_size, PICTURE: videomae.hidden_size };

/**
 * A full pack of random weights in the official layout, with its lock file, as `marquee models pull` would leave it:
 * what is tested is the way through the product, not what the models say.
 */
export async function writeTinyPack(modelsFolder: string, textSeed = 2): Promise<void> {
  const speech = await writeCheckpoint(whisper, whisperDims(whisper), { seed: 8 });
  await writeJson(path.join(speech.folder, 'tokenizer.json'), toyTokenizerJson());
  const text = await writeCheckpoint(bert, bertDims(bert), { seed: textSeed });
  await writeJson(path.join(text.folder, 'tokenizer.json'), letterTokenizerJson());
  const picture = await writeCheckpoint(videomae, videomaeDims(videomae, CLASSES.length), { seed: 3 });
  const folders = {
    'openai/whisper-base': speech.folder,
    'sentence-transformers/all-mpnet-base-v2': text.folder,
    'MCG-NJU/videomae-base': picture.folder,
  };
  const models: Record<string, unknown> = {};
  for (const [repository, folder] of Object.entries(folders)) {
    await cp(folder, path.join(modelsFolder, repository.replace('/', '--')), { recursive: true });
    models[repository] = { commit: '0'.repeat(40), licence: null, files: await lockedFiles(folder) };
  }
  await mkdir(modelsFolder, { recursive: true });
  await writeJson(path.join(modelsFolder, 'models.lock.json'), { models });
}

async function lockedFiles(folder: string): Promise<Record<string, { sha256: string; bytes: number }>> {
  const files: Record<string, { sha256: string; bytes: number }> = {};
  for (const name of await readdir(folder)) {
    const bytes = await readFile(path.join(folder, name));
    files[name] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  }
  return files;
}

/** A WordPiece tokenizer in the official layout whose pieces are letters. */
function letterTokenizerJson(): object {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...letters, ...letters.map((letter) => `##${letter}`)];
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const special = (id: string) => ({ id, ids: [pieces.indexOf(id)], tokens: [id] });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, token('[SEP]')],
      pair: [],
      special_tokens: { '[CLS]': special('[CLS]'), '[SEP]': special('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, i) => [piece, i])),
    },
  };
}

const writeJson = (file: string, value: unknown) => writeFile(file, JSON.stringify(value));
