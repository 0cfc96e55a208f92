import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { asFailure, Failure } from '../failure.js';
import { buildBert } from './architectures/bert.js';
import { buildMpnet } from './architectures/mpnet.js';
import { buildVideomae } from './architectures/videomae.js';
import { buildWhisperDecoder } from './architectures/whisper-decoder.js';
import { buildWhisperEncoder } from './architectures/whisper-encoder.js';
import { Checkpoint, checkpointDigest } from './checkpoint.js';
import { type GraphBuilder, PRECISIONS, type Precision } from './onnx/graph.js';
import { writeModelFile } from './onnx/model-file.js';
import { readSentenceConfig } from './sentence-config.js';

/** Part of every cached model's name: raise it whenever a builder writes another graph. */
const BUILDERS_VERSION = 2;

/** The ONNX files that a checkpoint became: `graph`, or for Whisper `encoder` and `decoder`. */
export interface ConvertedModel {
  /** sha256 over the checkpoint and how it was converted. */
  digest: string;
  files: Record<string, string>;
}

/**
 * Turns a checkpoint folder (config.json and safetensors) into ONNX files below `cacheFolder`, once: the same
 * checkpoint in the same precision is found again by its content.
 * @throws Failure MODEL_INVALID when the checkpoint is broken or of an unknown architecture
 */
export async function convertCheckpoint(
  folder: string,
  options: { precision: Precision; cacheFolder: string },
): Promise<ConvertedModel> {
  const checkpoint = await Checkpoint.open(folder);
  try {
    const graphs = await buildGraphs(checkpoint, options.precision);
    const digest = digestOf(await contentOf(folder), options.precision);
    const target = folderOf(options, digest);
    if (!(await exists(target))) await writeOnce(graphs, target);
    const files = Object.keys(graphs).map((role) => [role, path.join(target, fileOf(role))]);
    return { digest, files: Object.fromEntries(files) };
  } finally {
    await checkpoint.close();
  }
}

/**
 * Deletes what a checkpoint was converted to, in every precision; a folder that is no checkpoint became nothing.
 */
export async function removeConverted(folder: string, cacheFolder: string): Promise<void> {
  const content = await contentOf(folder).catch(() => null);
  if (content === null) return;
  for (const precision of PRECISIONS) {
    const target = folderOf({ precision, cacheFolder }, digestOf(content, precision));
    await rm(target, { recursive: true, force: true });
  }
}

/** A checkpoint's graphs by role. @throws Failure MODEL_INVALID for an architecture that has no builder */
export async function buildGraphs(
  checkpoint: Checkpoint,
  precision: Precision,
): Promise<Record<string, GraphBuilder>> {
  const { model_type: architecture } = checkpoint.config;
  switch (architecture) {
    case 'bert':
      return {
        graph: buildBert(checkpoint, { precision, ...(await readSentenceConfig(checkpoint.folder)) }),
      };
    case 'mpnet':
      return {
        graph: buildMpnet(checkpoint, { precision, ...(await readSentenceConfig(checkpoint.folder)) }),
      };
    case 'videomae':
      return { graph: buildVideomae(checkpoint, precision) };
    case 'whisper':
      return {
        encoder: buildWhisperEncoder(checkpoint, precision),
        decoder: buildWhisperDecoder(checkpoint, precision),
      };
    default:
      throw new Failure(
        'MODEL_INVALID',
        `${checkpoint.folder} is of architecture ${architecture}: use a bert, mpnet, videomae or whisper checkpoint.`,
      );
  }
}

function folderOf(
  { precision, cacheFolder }: { precision: Precision; cacheFolder: string },
  digest: string,
): string {
  return path.join(cacheFolder, `${precision}-${digest.slice(0, 16)}`);
}

/** Whatever of a checkpoint decides how it is converted. */
async function contentOf(folder: string): Promise<string> {
  return [await checkpointDigest(folder), JSON.stringify(await readSentenceConfig(folder))].join('\n');
}

function digestOf(content: string, precision: Precision): string {
  const parts = [content, precision, `builders ${BUILDERS_VERSION}`];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** Writes beside the target and renames: a conversion that breaks off leaves no half model behind. */
async function writeOnce(graphs: Record<string, GraphBuilder>, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const draft = await mkdtemp(`${target}.`);
  try {
    for (const [role, graph] of Object.entries(graphs))
      await writeModelFile(graph, path.join(draft, fileOf(role)));
    await rename(draft, target).catch(async (error) => {
      // Another process was faster, with the same bytes.
      if (!(await exists(target))) throw error;
    });
  } catch (error) {
    throw asFailure(error);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const fileOf = (role: string) => `${role}.onnx`;

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
