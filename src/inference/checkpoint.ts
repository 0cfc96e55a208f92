import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { SafetensorsFile } from './safetensors.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const indexShape = z.object({ weight_map: z.record(z.string(), z.string()) });

/** A folder in the hub's layout: `config.json` and the weights as safetensors, in one file or in shards. */
export class Checkpoint {
  private constructor(
    readonly folder: string,
    /** config.json as it is; each architecture checks what it needs of it. */
    readonly config: Record<string, unknown>,
    private readonly files: ReadonlyMap<string, SafetensorsFile>,
  ) {}

  /** @throws Failure MODEL_INVALID when a file is missing or broken, or when the weights are a pickle only */
  static async open(folder: string): Promise<Checkpoint> {
    const config = z.record(z.string(), z.unknown()).parse(await readJson(path.join(folder, 'config.json')));
    const opened: SafetensorsFile[] = [];
    try {
      for (const name of await weightFiles(folder))
        opened.push(await SafetensorsFile.open(path.join(folder, name)));
    } catch (error) {
      await Promise.all(opened.map((file) => file.close()));
      throw error;
    }
    const byTensor = new Map(
      opened.flatMap((file) => [...file.entries.keys()].map((name) => [name, file] as const)),
    );
    return new Checkpoint(folder, config, byTensor);
  }

  has(name: string): boolean {
    return this.files.has(name);
  }

  /** @throws Failure MODEL_INVALID when there is no such tensor */
  dims(name: string): number[] {
    return this.#file(name).entries.get(name)!.dims;
  }

  /** @throws Failure MODEL_INVALID when there is no such tensor */
  read(name: string): Promise<Float32Array> {
    return this.#file(name).read(name);
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.files.values())].map((file) => file.close()));
  }

  #file(name: string): SafetensorsFile {
    const file = this.files.get(name);
    if (!file) {
      throw new Failure(
        'MODEL_INVALID',
        `${this.folder} has no tensor ${name}: it is not of the architecture it names.`,
      );
    }
    return file;
  }
}

/** The safetensors files of a checkpoint folder. */
async function weightFiles(folder: string): Promise<string[]> {
  if (await exists(path.join(folder, SINGLE))) return [SINGLE];
  if (await exists(path.join(folder, INDEX))) {
    const index = indexShape.parse(await readJson(path.join(folder, INDEX)));
    return [...new Set(Object.values(index.weight_map))].map((name) => path.basename(name)).sort();
  }
  if (await exists(path.join(folder, 'pytorch_model.bin'))) {
    throw new Failure(
      'MODEL_INVALID',
      `${folder} has its weights as a pickle only, and reading a pickle runs whatever code is in it: ` +
        'use a revision of the model with safetensors.',
    );
  }
  throw new Failure('MODEL_INVALID', `${folder} has no ${SINGLE}: pull the model.`);
}

/** sha256 over config.json and the weights: names what a conversion was made from. */
export async function checkpointDigest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['config.json', ...(await weightFiles(folder))]) {
    for await (const chunk of createReadStream(path.join(folder, name))) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or no valid JSON: pull the model again.`, {
      cause,
    });
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
