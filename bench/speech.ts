// npm run bench -- speech [--json]: what the speech gate lets through of real sound, what it finds of speech under
// music, and how long the front end, the gates and the decoding rules take. Reads ../shared beside the repository.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { energyGate } from '../src/signals/speech/energy-gate.js';
import type { SpeechGate } from '../src/signals/speech/gate.js';
import { cutAtPauses, type Island, speechIslands } from '../src/signals/speech/islands.js';
import { speechReel } from '../src/signals/speech/reel.js';
import { openSileroGate } from '../src/signals/speech/silero-gate.js';
import { coverage, mixed, readSamples, SAMPLE_RATE } from './speech/sounds.js';
import { measureSpeed, type Speed } from './speech/speed.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shared = path.resolve(root, '../shared');
const media = path.join(shared, 'media');
const MUSIC = ['big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'];
const TRAILERS = [...MUSIC, 'sintel-trailer.mp4'];
/** Speech over music, by the ratio of their powers. */
const RATIOS_DECIBELS = [20, 10, 5, 0, -5];

interface Passage {
  file: string;
  gate: SpeechGate['name'];
  seconds: number;
  /** Share of frames in which speech is likelier than not. */
  speechShare: number;
  islands: Island[];
  sentSeconds: number;
  /** What is decoded by itself, mostly in one window. */
  clips: number;
  gateSeconds: number;
}

interface UnderMusic {
  ratioDecibels: number;
  /** Of the frames in which the gate hears speech without music, those that still go to the recogniser. */
  found: number;
  sounds: number;
}

export async function run({ json }: { json: boolean }): Promise<void> {
  const silero = await openSileroGate(path.join(shared, 'models', 'silero-vad-16k.onnx'));
  const speech = ['jfk.wav', ...readings()];
  const passages: Passage[] = [];
  for (const file of [...TRAILERS, ...speech]) {
    for (const gate of [silero, energyGate]) passages.push(await passage(file, gate));
  }
  const underMusic = await findUnderMusic(silero, speech);
  const speed = await measureSpeed(silero, path.join(shared, 'models', 'tokenizers'));
  await silero.close();
  const report = json
    ? JSON.stringify({ passages, underMusic, speed }, null, 2)
    : tables(passages, underMusic, speed);
  process.stdout.write(`${report}\n`);
}

function readings(): string[] {
  const folder = path.join(media, 'speech');
  if (!existsSync(folder))
    throw new Error(`This benchmark needs the media in ${path.relative(root, media)}.`);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ogg'))
    .map((file) => `speech/${file}`);
}

async function passage(file: string, gate: SpeechGate): Promise<Passage> {
  const samples = await readSamples(path.join(media, file));
  const began = performance.now();
  const probabilities = await gate.probabilities(samples, new AbortController().signal);
  const gateSeconds = (performance.now() - began) / 1000;
  const islands = speechIslands(probabilities);
  const reel = speechReel(samples, cutAtPauses(islands, probabilities));
  return {
    file: path.basename(file),
    gate: gate.name,
    seconds: samples.length / SAMPLE_RATE,
    speechShare: probabilities.filter((value) => value >= 0.5).length / probabilities.length,
    islands,
    sentSeconds: reel.samples.length / SAMPLE_RATE,
    clips: reel.clips.length,
    gateSeconds,
  };
}

async function findUnderMusic(gate: SpeechGate, speech: readonly string[]): Promise<UnderMusic[]> {
  const signal = new AbortController().signal;
  const tallies = RATIOS_DECIBELS.map((ratioDecibels) => ({ ratioDecibels, kept: 0, spoken: 0, sounds: 0 }));
  for (const bed of MUSIC) {
    const music = await readSamples(path.join(media, bed));
    for (const file of speech) {
      const words = await readSamples(path.join(media, file));
      const clean = await gate.probabilities(words, signal);
      for (const tally of tallies) {
        const mix = mixed(words, clean, music, tally.ratioDecibels);
        const { kept, spoken } = coverage(speechIslands(await gate.probabilities(mix, signal)), clean);
        tally.kept += kept;
        tally.spoken += spoken;
        tally.sounds++;
      }
    }
  }
  return tallies.map(({ ratioDecibels, kept, spoken, sounds }) => ({
    ratioDecibels,
    found: kept / spoken,
    sounds,
  }));
}

function tables(
  passages: readonly Passage[],
  underMusic: readonly UnderMusic[],
  speed: readonly Speed[],
): string {
  const number = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
  return [
    `${'sound'.padEnd(28)} ${'gate'.padEnd(7)} length s  speech %  sent s    clips  gate s`,
    ...passages.map((row) =>
      [
        row.file.padEnd(28),
        row.gate.padEnd(7),
        number(row.seconds, 1, 8),
        number(100 * row.speechShare, 1, 9),
        number(row.sentSeconds, 1, 7),
        number(row.clips, 0, 8),
        number(row.gateSeconds, 2, 7),
      ].join(' '),
    ),
    '',
    'speech over music, dB   frames of speech that are sent, %   sounds',
    ...underMusic.map((row) =>
      [number(row.ratioDecibels, 0, 21), number(100 * row.found, 1, 35), number(row.sounds, 0, 8)].join(' '),
    ),
    '',
    ...speed.map((row) => `${row.name.padEnd(66)} ${number(row.milliseconds, 2, 8)} ms`),
  ].join('\n');
}
