import type { Readable } from 'node:stream';
import type { Sound } from './decoded.js';
import type { AudioFacts } from './facts.js';

const SAMPLE_RATE = 16_000;
/** −60 dBFS: below it nothing is heard beside a player's own noise. */
const SILENT_BELOW = 10 ** (-60 / 20);

/** The track to listen to: the one that players choose, else the first that has channels at all. */
export function soundTrack(tracks: readonly AudioFacts[]): AudioFacts | null {
  const usable = tracks.filter((track) => track.channels > 0 && track.sampleRate > 0);
  return usable.find((track) => track.isDefault) ?? usable[0] ?? null;
}

/** Reads little-endian 32-bit floats to the end of `pipe`, at most `maxSeconds` of them. */
export async function readSound(pipe: Readable, maxSeconds: number): Promise<Sound> {
  const maxBytes = Math.ceil(maxSeconds * SAMPLE_RATE) * 4;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of pipe as AsyncIterable<Buffer>) {
    // What lies behind the end is read on, so that the process can finish, but not kept.
    if (bytes < maxBytes) chunks.push(chunk.subarray(0, maxBytes - bytes));
    bytes += chunk.length;
  }
  const joined = Buffer.concat(chunks);
  const samples = new Float32Array(Math.floor(joined.length / 4));
  new Uint8Array(samples.buffer).set(joined.subarray(0, samples.length * 4));
  return soundOf(samples);
}

/** Marks samples as present or silent; values that are no numbers become silence, others stay within −1 … 1. */
export function soundOf(samples: Float32Array): Sound {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    const clean = Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
    samples[i] = clean;
    peak = Math.max(peak, Math.abs(clean));
  }
  if (samples.length === 0) return missingSound();
  return { samples, sampleRate: SAMPLE_RATE, state: peak < SILENT_BELOW ? 'SILENT' : 'PRESENT' };
}

export function missingSound(): Sound {
  return { samples: new Float32Array(0), sampleRate: SAMPLE_RATE, state: 'MISSING' };
}
