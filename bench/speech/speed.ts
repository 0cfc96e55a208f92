import path from 'node:path';
import { energyGate } from '../../src/signals/speech/energy-gate.js';
import type { SpeechGate } from '../../src/signals/speech/gate.js';
import { logMel, melWindow, WINDOW_FRAMES } from '../../src/signals/speech/log-mel.js';
import type { EncodedWindows, SpeechShape } from '../../src/signals/speech/session.js';
import { readSpeechTokenizer } from '../../src/signals/speech/tokenizer.js';
import { decodeWindows, promptOf } from '../../src/signals/speech/window-decoding.js';
import { SAMPLE_RATE } from './sounds.js';

export interface Speed {
  name: string;
  /** Median over the rounds of this process's computing time, which a busy machine changes less than the clock. */
  milliseconds: number;
}

const ROUNDS = 9;
const BASE: SpeechShape = { melBins: 80, vocabulary: 51_865, audioPositions: 1500, textPositions: 448 };
const STEPS = 224; // half the positions: the longest answer

/** @param tokenizers the folder of Whisper's tokenizer */
export async function measureSpeed(silero: SpeechGate, tokenizers: string): Promise<Speed[]> {
  const samples = Float32Array.from({ length: 30 * SAMPLE_RATE }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
  const signal = new AbortController().signal;
  const speeds: Speed[] = [];
  for (const bins of [80, 128]) {
    const window = new Float32Array(bins * WINDOW_FRAMES);
    const work = async () => melWindow(logMel(samples, bins), 0, WINDOW_FRAMES, window);
    speeds.push({ name: `log-mel of 30 s, ${bins} bins`, milliseconds: await median(work) });
  }
  for (const gate of [silero, energyGate]) {
    const work = () => gate.probabilities(samples, signal);
    speeds.push({ name: `${gate.name} gate on 30 s`, milliseconds: await median(work) });
  }
  const tokenizer = await readSpeechTokenizer(
    path.join(tokenizers, 'whisper-multilingual.tokenizer.json'),
    true,
  );
  const task = { window: 0, prompt: promptOf([], 50_259, tokenizer, BASE), seed: 1 };
  for (const [kind, options] of [
    ['greedy', { temperature: 0, beams: 1, answers: 1 }],
    ['five beams', { temperature: 0, beams: 5, answers: 1 }],
    ['one drawn answer', { temperature: 0.4, beams: 1, answers: 1 }],
  ] as const) {
    const work = () => decodeWindows(endless(), [task], { tokenizer, shape: BASE }, options, signal);
    const name = `rules and search of one step, ${kind}, without the model`;
    speeds.push({ name, milliseconds: (await median(work)) / STEPS });
  }
  return speeds;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
}

/** A model that never ends and takes no time but for handing out the same noise in another order. */
function endless(): EncodedWindows {
  const noise = Float32Array.from({ length: 2 * BASE.vocabulary }, (_, i) => 4 * Math.sin(i * 12.9898) ** 5);
  let step = 0;
  let rows = 1;
  return {
    windows: 1,
    decode: () => ({
      feed: async (_tokens, _length, positions) => {
        const logits = new Float32Array(rows * positions.length * BASE.vocabulary);
        for (let row = 0; row < rows * positions.length; row++) {
          const from = (step++ * 7919) % BASE.vocabulary;
          logits.set(noise.subarray(from, from + BASE.vocabulary), row * BASE.vocabulary);
          logits[row * BASE.vocabulary + 50_257] = -40;
        }
        return logits;
      },
      select: (chosen) => {
        rows = chosen.length;
      },
      release: () => {},
    }),
    release: () => {},
  };
}
