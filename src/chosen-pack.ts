import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackIdentity } from './analysis/pack-identity.js';
import type { Config } from './config.js';
import { Failure } from './failure.js';
import { chooseDevice, type DeviceChoice } from './inference/devices.js';
import { usableCores, usableMemory } from './inference/machine.js';
import { nameModel, readManifest } from './inference/packs.js';
import { type FullModels, findFullModels } from './inference/pulled-models.js';
import type { ClipSampling } from './signals/pack.js';
import { nameZeroShot } from './tagging/zero-shot-files.js';

const COMPACT_FOLDER = fileURLToPath(new URL('../models/compact', import.meta.url));
const GIBIBYTE = 1024 ** 3;
/** What the runs of one set of sessions need beside the weights: VideoMAE's 1,568² scores for 12 heads, and sums. */
const WORKING_BYTES = 0.75 * GIBIBYTE;
/** Bytes in memory for a byte of float32 weights: int8 with what ONNX Runtime packs beside it, or float16. */
const MEMORY_SHARE = { int8: 0.5, float16: 0.5, float32: 1 } as const;
/** Cores that one run keeps busy: a trailer's models run one after the other, so it ends sooner on two. */
const CORES_A_RUN = 2;

/** Which pack this process uses, and why. */
export interface ChosenPack {
  identity: PackIdentity;
  /** Measured on data that the classifier never saw; empty for zero-shot. */
  figures: Record<string, number>;
  /** One sentence: why this pack. */
  reason: string;
  device: DeviceChoice;
  /** Threads that hold a set of sessions each; null: the compact pack fits into every worker thread. */
  encoderThreads: number | null;
}

/** Where pulled models lie: `.marquee/models`. */
export const modelsFolderOf = (config: Pick<Config, 'dataFolder'>) => path.join(config.dataFolder, 'models');

/** Where the graphs lie that they were converted to: `.marquee/models/converted`. */
export const convertedFolderOf = (config: Pick<Config, 'dataFolder'>) =>
  path.join(modelsFolderOf(config), 'converted');

/**
 * @throws Failure MODEL_INVALID when MARQUEE_PACK asks for a full pack that is not there, or files are broken;
 *   CONFIGURATION_INVALID when MARQUEE_MODELS names a model that is not there
 */
export async function choosePack(config: Config): Promise<ChosenPack> {
  if (config.pack === 'compact') return compactPack('MARQUEE_PACK asks for it');
  const found = await findFullModels(modelsFolderOf(config), config.models.preferred, 'int8');
  if (found.models) return fullPack(config);
  const remedy = 'marquee models pull full brings the full pack';
  if (config.pack === 'auto') return compactPack(`${found.missing}; ${remedy}`);
  throw new Failure('MODEL_INVALID', `The full pack is not there, for ${found.missing}: ${remedy}.`);
}

async function compactPack(reason: string): Promise<ChosenPack> {
  const { models, figures } = await readManifest(COMPACT_FOLDER);
  return {
    identity: {
      id: 'compact',
      files: { id: 'compact', folder: COMPACT_FOLDER },
      encoders: [models.TEXT, models.PICTURE, models.SOUND, models.FUSED],
      vectors: { TEXT: models.TEXT, PICTURE: models.PICTURE, SOUND: models.SOUND },
      recogniser: null,
      classifier: models.HEAD,
    },
    figures,
    reason,
    device: { device: 'cpu', reason: 'the compact pack is made for it', isFallback: false },
    encoderThreads: null,
  };
}

async function fullPack(config: Config): Promise<ChosenPack> {
  const device = await chooseDevice(config.device);
  const precision = device.device === 'cpu' ? 'int8' : 'float16';
  const { models: pulled } = await findFullModels(modelsFolderOf(config), config.models.preferred, precision);
  if (!pulled) throw new Failure('CONFLICT', 'A model was removed while Marquee started: start it again.');
  const models = sampled(pulled, config.clips);
  const { models: compact } = await readManifest(COMPACT_FOLDER);
  const names = await nameZeroShot(COMPACT_FOLDER, models);
  const bytes = config.models.bytes ?? usableMemory() / 2;
  const cores = config.threads ?? usableCores();
  const encoderThreads =
    device.device === 'cpu' ? setsOfSessions({ cores, bytes, setBytes: bytesOfSet(models, precision) }) : 1;
  return {
    identity: {
      id: 'full',
      files: {
        id: 'full',
        compactFolder: COMPACT_FOLDER,
        models,
        cacheFolder: convertedFolderOf(config),
        ...names,
        device: device.device,
        precision,
        sampling: config.clips,
        threads: Math.max(1, Math.floor(cores / encoderThreads)),
      },
      encoders: [models.TEXT.name, models.PICTURE?.name ?? '', compact.PICTURE, compact.SOUND, names.fused],
      vectors: {
        ...{ TEXT: models.TEXT.name, PICTURE: models.PICTURE?.name ?? compact.PICTURE },
        SOUND: compact.SOUND,
      },
      recogniser: [models.SPEECH.name, models.SPEECH_GATE?.name ?? 'energy'].join(' '),
      classifier: names.classifier,
    },
    figures: {},
    reason: config.pack === 'full' ? 'MARQUEE_PACK asks for it' : 'its models were pulled',
    device,
    encoderThreads,
  };
}

/** Vectors of clips that were taken elsewhere never meet: they bear another name. */
function sampled(models: FullModels, sampling: ClipSampling): FullModels {
  if (models.PICTURE === null || sampling === 'shots') return models;
  const { repository, name } = models.PICTURE;
  return { ...models, PICTURE: { ...models.PICTURE, name: nameModel(repository, [name, sampling]) } };
}

function bytesOfSet(models: FullModels, precision: keyof typeof MEMORY_SHARE): number {
  const weights = Object.values(models).reduce((sum, model) => sum + (model?.bytes ?? 0), 0);
  return WORKING_BYTES + MEMORY_SHARE[precision] * weights;
}

/** As many sets as the memory holds, and no more than cores keep busy; one always, whatever the limit. */
export function setsOfSessions(limits: { cores: number; bytes: number; setBytes: number }): number {
  const byMemory = Math.floor(limits.bytes / limits.setBytes);
  return Math.max(1, Math.min(byMemory, Math.floor(limits.cores / CORES_A_RUN)));
}
