import path from 'node:path';
import { execa } from 'execa';
import { ensureSampleTrailer } from '../../src/media/sample.js';

/** Copies of the sample trailer that differ in a comment alone: as much work each, and no result is known. */
export async function distinctTrailers(folder: string, count: number): Promise<string[]> {
  const sample = await ensureSampleTrailer(folder);
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const file = path.join(folder, `trailer-${i}.mp4`);
    const copy = ['-map', '0', '-c', 'copy', '-metadata', `comment=${i}`, file];
    await execa('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-i', sample, ...copy]);
    files.push(file);
  }
  return files;
}
