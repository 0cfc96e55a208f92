import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';

const SECONDS = 150;
const SOURCES = [
  (seed: number) => `gradients=s=480x270:r=30:seed=${seed}:speed=0.05`,
  (seed: number) => `mandelbrot=s=480x270:r=30:start_scale=${0.3 + (seed % 7) / 4}`,
  (seed: number) => `life=s=480x270:r=30:seed=${seed}:mold=10:life_color=#f0a060:death_color=#203050`,
  (seed: number) => `testsrc2=s=480x270:r=30,hue=h=${(seed * 67) % 360}`,
];
const SHOT_SECONDS = [3.2, 2.1, 1.4, 0.9, 2.6, 1.2, 4.1, 0.8]; // a trailer's cuts, over and over

/** A trailer of 150 s: 1080p30 H.264 with a cut every two seconds, film grain, and AAC. Rendered once, then kept. */
export async function trailer1080p(folder: string): Promise<string> {
  const file = path.join(folder, 'trailer-150s-1080p30.mp4');
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  const unfinished = `${file}.tmp`;
  process.stderr.write('Rendering a 1080p trailer of 150 s once; this takes some minutes.\n');
  const child = spawn('ffmpeg', [...argv(), '-f', 'mp4', unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg could not render the film (exit ${code})`);
  await rename(unfinished, file);
  return file;
}

function argv(): string[] {
  const shots = shotLengths();
  const inputs = shots.flatMap((length, i) => {
    const source = SOURCES[i % SOURCES.length]!;
    return ['-f', 'lavfi', '-t', String(length), '-i', source(i + 1)];
  });
  const each = shots.map((_, i) => `[${i}:v]format=yuv420p,setsar=1[v${i}]`).join(';');
  const joined = shots.map((_, i) => `[v${i}]`).join('');
  const sound = `aevalsrc='0.3*sin(2*PI*110*t)*exp(-4*mod(t,0.5))+0.1*sin(2*PI*330*t)+0.05*(random(0)-0.5)':d=${SECONDS}`;
  return [
    ...['-v', 'error', '-nostdin', '-y', ...inputs, '-f', 'lavfi', '-i', sound],
    '-filter_complex',
    `${each};${joined}concat=n=${shots.length}:v=1,scale=1920:1080:flags=bilinear,noise=alls=6:allf=t+u[v]`,
    ...['-map', '[v]', '-map', `${shots.length}:a`, '-t', String(SECONDS)],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-crf',
      '23',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-b:a',
      '128k',
    ],
  ];
}

function shotLengths(): number[] {
  const lengths: number[] = [];
  for (let time = 0; time < SECONDS; ) {
    const length = SHOT_SECONDS[lengths.length % SHOT_SECONDS.length]!;
    lengths.push(length);
    time += length;
  }
  return lengths;
}
