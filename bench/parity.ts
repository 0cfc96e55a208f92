import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Tensor } from 'onnxruntime-node';
import { convertCheckpoint } from '../src/inference/convert.js';
import type { Precision } from '../src/inference/onnx/graph.js';
import { openOnnx } from '../src/inference/onnx-session.js';
import { Whisper } from '../src/signals/whisper.js';
import { fullSizeCheckpoint } from './models/checkpoints.js';

const ROOT = path.resolve('.marquee/bench');
const PRECISIONS: readonly Precision[] = ['float32', 'float16', 'int8'];
const TOKENS = [50_258, 50_259, 50_359, 50_363, 1029, 264, 1410, 11, 293, 370];

/**
 * `npm run bench -- parity PYTHON VIDEOMAE_CLONE WHISPER_CLONE`: our graphs beside the authors' PyTorch code in
 * float64, on the same random weights in the real shapes. PYTHON needs torch and numpy. See docs/parity.md.
 */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const [python, videomaeClone, whisperClone] = args;
  if (!python || !videomaeClone || !whisperClone) {
    process.stderr.write('Usage: npm run bench -- parity PYTHON VIDEOMAE_CLONE WHISPER_CLONE\n');
    process.exitCode = 2;
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-parity-'));
  const authors = (kind: string, ...rest: string[]) => askAuthors(python, folder, kind, rest);
  try {
    const rows = [
      ...(await compareVideomae(authors, videomaeClone, folder)),
      ...(await compareWhisper(authors, whisperClone, folder)),
    ];
    if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else
      for (const row of rows)
        process.stdout.write(
          `${row.model}\t${row.precision}\trelative ${row.relative.toExponential(1)}\tcosine ${row.cosine.toFixed(6)}\n`,
        );
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Authors = (kind: string, ...rest: string[]) => Promise<Float32Array>;

async function askAuthors(
  python: string,
  folder: string,
  kind: string,
  rest: string[],
): Promise<Float32Array> {
  const [clone = '', checkpoint = '', input = '', ...tokens] = rest;
  const output = path.join(folder, `${kind}.f32`);
  const script = path.resolve('bench/parity/authors.py');
  await promisify(execFile)(python, [script, kind, clone, checkpoint, input, output, ...tokens]);
  const bytes = await readFile(output);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

async function compareVideomae(authors: Authors, clone: string, folder: string) {
  const checkpoint = await fullSizeCheckpoint(ROOT, 'videomae-base');
  const clip = Uint8Array.from({ length: 16 * 224 * 224 * 3 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
  const input = path.join(folder, 'clip.u8');
  await writeFile(input, clip);
  const truth = await authors('videomae', clone, checkpoint, input);
  const rows = [];
  for (const precision of PRECISIONS) {
    const { files } = await convertCheckpoint(checkpoint, {
      precision,
      cacheFolder: path.join(ROOT, 'onnx'),
    });
    const session = await openOnnx(files.graph!, { threads: availableParallelism() });
    const { embedding } = await session.run({ frames: new Tensor('uint8', clip, [1, 16, 224, 224, 3]) });
    rows.push({ model: 'videomae-base', precision, ...compare(embedding!.data as Float32Array, truth) });
    await session.close();
  }
  return rows;
}

async function compareWhisper(authors: Authors, clone: string, folder: string) {
  const checkpoint = await fullSizeCheckpoint(ROOT, 'whisper-base');
  const mel = Float32Array.from({ length: 80 * 3000 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.0011));
  const input = path.join(folder, 'mel.f32');
  await writeFile(input, new Uint8Array(mel.buffer));
  const truth = await authors('whisper', clone, checkpoint, input, ...TOKENS.map(String));
  const rows = [];
  for (const precision of PRECISIONS) {
    const options = {
      name: 'whisper-base',
      precision,
      cacheFolder: path.join(ROOT, 'onnx'),
      threads: availableParallelism(),
    };
    const whisper = await Whisper.open(checkpoint, options);
    rows.push({ model: 'whisper-base', precision, ...compare(await logitsOf(whisper, mel), truth) });
    await whisper.close();
  }
  return rows;
}

/** Every token's logits, the first four fed together and the others one by one with the cache. */
async function logitsOf(whisper: Whisper, mel: Float32Array): Promise<Float32Array> {
  const encoded = await whisper.encode(mel, 1);
  const decoding = encoded.decode([0]);
  const parts = [await decoding.feed(Int32Array.from(TOKENS.slice(0, 4)), 4, [0, 1, 2, 3])];
  for (const token of TOKENS.slice(4)) parts.push(await decoding.feed(Int32Array.of(token), 1, [0]));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => {
    all.set(part, offset);
    return offset + part.length;
  }, 0);
  return all;
}

/** Largest difference over the largest magnitude, and the cosine. */
function compare(found: Float32Array, truth: Float32Array): { relative: number; cosine: number } {
  let difference = found.length === truth.length ? 0 : Number.POSITIVE_INFINITY;
  let [largest, product, ours, theirs] = [0, 0, 0, 0];
  truth.forEach((value, i) => {
    const other = found[i] ?? Number.NaN;
    difference = Math.max(difference, Math.abs(other - value));
    largest = Math.max(largest, Math.abs(value));
    product += other * value;
    ours += other * other;
    theirs += value * value;
  });
  return { relative: difference / largest, cosine: product / Math.sqrt(ours * theirs) };
}
