import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** The yardstick. It takes 250 MB, so it is no package of the project: this benchmark alone fetches it. */
const NAME = '@huggingface/transformers';
const VERSION = '4.3.1';

/** A tensor of transformers.js, as far as the benchmark needs it. */
export interface PeerTensor {
  data: unknown;
  normalize(norm: number, dimension: number): PeerTensor;
}

export interface PeerModel {
  (inputs: Record<string, PeerTensor>): Promise<{ last_hidden_state: PeerTensor }>;
  generate(options: Record<string, unknown>): Promise<PeerTensor>;
  dispose(): Promise<unknown>;
}

interface PeerLoader {
  from_pretrained(name: string, options: object): Promise<PeerModel>;
}

export interface TransformersJs {
  env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  AutoModel: PeerLoader;
  WhisperForConditionalGeneration: PeerLoader;
  Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: number[]) => PeerTensor;
  mean_pooling(states: PeerTensor, mask: PeerTensor): PeerTensor;
}

/** Loads transformers.js, fetched from the package registry into `folder` at the first use. */
export async function loadTransformersJs(folder: string): Promise<TransformersJs> {
  const home = path.join(folder, 'peers', VERSION);
  const installed = path.join(home, 'node_modules', NAME, 'package.json');
  if (!(await exists(installed))) {
    await mkdir(home, { recursive: true });
    process.stderr.write(`Fetching ${NAME} ${VERSION} for comparison …\n`);
    const argv = [
      'install',
      '--prefix',
      home,
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `${NAME}@${VERSION}`,
    ];
    // Its onnxruntime-node would fetch CUDA libraries from outside the registry.
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
    await promisify(execFile)('npm', argv, { env });
  }
  const entry = createRequire(installed).resolve(NAME);
  const loaded = (await import(pathToFileURL(entry).href)) as TransformersJs & { default?: TransformersJs };
  return loaded.default ?? loaded;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
