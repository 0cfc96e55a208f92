import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GATE_FRAME, GATE_FRAME_SECONDS } from '../../src/signals/speech/gate.js';
import type { Island } from '../../src/signals/speech/islands.js';

export const SAMPLE_RATE = 16_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** A file's sound as 16 kHz mono. */
export async function readSamples(file: string): Promise<Float32Array> {
  const argv = ['-v', 'error', '-i', file, '-vn', '-ac', '1', '-ar', `${SAMPLE_RATE}`, '-f', 'f32le', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', argv, { encoding: 'buffer', maxBuffer: MAX_BYTES });
  return new Float32Array(new Uint8Array(stdout).buffer);
}

/**
 * Words over music, as loud as said: power of the words where they are spoken by power of the music.
 *
 * @param clean the gate's probabilities for the words alone
 */
export function mixed(
  words: Float32Array,
  clean: Float32Array,
  music: Float32Array,
  ratioDecibels: number,
): Float32Array {
  // A quarter into the music: both beds begin softly.
  const start = Math.floor(music.length / 4);
  const bed = music.subarray(start, start + words.length);
  const spoken = words.filter((_, i) => clean[Math.floor(i / GATE_FRAME)]! >= 0.5);
  const gain = rootMeanSquare(spoken) / rootMeanSquare(bed) / 10 ** (ratioDecibels / 20);
  return words.map((sample, i) => sample + gain * (bed[i] ?? 0));
}

function rootMeanSquare(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Frames in which somebody speaks, and how many of them islands cover. */
export function coverage(islands: readonly Island[], clean: Float32Array): { kept: number; spoken: number } {
  let kept = 0;
  let spoken = 0;
  for (const [frame, probability] of clean.entries()) {
    if (probability < 0.5) continue;
    const second = (frame + 0.5) * GATE_FRAME_SECONDS;
    spoken++;
    if (islands.some(({ startSeconds, endSeconds }) => second >= startSeconds && second < endSeconds)) kept++;
  }
  return { kept, spoken };
}
