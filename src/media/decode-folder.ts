import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DecodedTrailer } from './decoded.js';
import { replaceFolder } from './replace-folder.js';

/**
 * Bump when decoding the same file gives another result. It stands here, because who only asks for it needs none of
 * what decodes.
 */
export const DECODE_VERSION = '10';

const RESULT = 'decoded';
const FACTS = 'decoded.json';
const FRAMES = 'frames.rgb';
const SOUND = 'sound.f32';

/** `decoded.json`: everything but the two large arrays, and what they must hash to. */
interface Stored {
  version: string;
  trailer: Omit<DecodedTrailer, 'frames' | 'sound'> & {
    frames: Omit<NonNullable<DecodedTrailer['frames']>, 'data'> | null;
    sound: Omit<DecodedTrailer['sound'], 'samples'>;
  };
  hashes: { frames: string; sound: string };
}

/**
 * Stores a result below `folder`, beside its `thumbnails/`, in one step: a reader sees all of it or nothing.
 * Numbers are little-endian, as on every machine that Node runs on.
 */
export async function saveDecoded(folder: string, decoded: DecodedTrailer): Promise<void> {
  const { frames, sound, ...rest } = decoded;
  const pictureBytes = frames?.data ?? new Uint8Array(0);
  const soundBytes = bytesOf(sound.samples);
  const stored: Stored = {
    version: DECODE_VERSION,
    trailer: {
      ...rest,
      frames: frames && { width: frames.width, height: frames.height, frames: frames.frames },
      sound: { sampleRate: sound.sampleRate, state: sound.state },
    },
    hashes: { frames: sha256(pictureBytes), sound: sha256(soundBytes) },
  };
  await replaceFolder(path.join(folder, RESULT), async (own) => {
    await Promise.all([
      writeFile(path.join(own, FRAMES), pictureBytes),
      writeFile(path.join(own, SOUND), soundBytes),
      writeFile(path.join(own, FACTS), JSON.stringify(stored)),
    ]);
  });
}

/** What `saveDecoded` stored; null when it is absent, of another version, incomplete or damaged. */
export async function loadDecoded(folder: string): Promise<DecodedTrailer | null> {
  try {
    const read = (name: string) => readFile(path.join(folder, RESULT, name));
    const [json, pictureBytes, soundBytes] = await Promise.all([read(FACTS), read(FRAMES), read(SOUND)]);
    const { version, trailer, hashes } = JSON.parse(json.toString('utf8')) as Stored;
    const isWhole = hashes.frames === sha256(pictureBytes) && hashes.sound === sha256(soundBytes);
    if (version !== DECODE_VERSION || !isWhole || !(await hasThumbnails(folder, trailer.shots))) return null;
    const samples = new Float32Array(soundBytes.length / Float32Array.BYTES_PER_ELEMENT);
    new Uint8Array(samples.buffer).set(soundBytes);
    return {
      ...trailer,
      frames: trailer.frames && { ...trailer.frames, data: new Uint8Array(pictureBytes) },
      sound: { ...trailer.sound, samples },
    };
  } catch {
    // Whatever is wrong with it, decoding again gives a good one.
    return null;
  }
}

async function hasThumbnails(folder: string, shots: DecodedTrailer['shots']): Promise<boolean> {
  const wanted = shots.flatMap((shot) => (shot.thumbnail === null ? [] : [shot.thumbnail]));
  if (wanted.length === 0) return true;
  const present = new Set(await readdir(path.join(folder, 'thumbnails')));
  return wanted.every((name) => present.has(name));
}

function bytesOf(samples: Float32Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
