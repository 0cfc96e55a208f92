import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from '../failure.js';
import { INPUT, startChild } from './child.js';
import {
  SAMPLE_DURATION_SECONDS,
  SAMPLE_FRAMES_PER_SECOND,
  SAMPLE_LINES,
  SAMPLE_SCENES,
  sampleSound,
} from './sample-story.js';
import type { TimedLine } from './timed-line.js';

export const SAMPLE_NAME = 'sample-trailer';

const RENDER_TIMEOUT_SECONDS = 120; // it takes seconds
/** Begins the names of what is being rendered. */
const UNFINISHED = `.${SAMPLE_NAME}-`;

export interface SampleOptions {
  signal?: AbortSignal;
  /** Share done, 0 … 1. */
  progress?(share: number): void;
}

/**
 * Renders the sample trailer into `folder`, unless it is there: `sample-trailer.mp4` (640×360, 25 frames a
 * second, H.264 or, where ffmpeg has no libx264, MPEG-4; AAC; a mov_text track) and `sample-trailer.srt` beside
 * it. The same ffmpeg makes the same bytes. Nothing half-made is ever seen under these names.
 *
 * @returns the trailer's path
 * @throws Failure FFMPEG_MISSING, MEDIA_DECODE_FAILED, CANCELLED, and what the file system says
 */
export async function ensureSampleTrailer(folder: string, options: SampleOptions = {}): Promise<string> {
  const trailer = path.join(folder, `${SAMPLE_NAME}.mp4`);
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  if (await exists(trailer)) return trailer;
  const captions = path.join(folder, `${SAMPLE_NAME}.srt`);
  const unfinished = path.join(folder, `${UNFINISHED}${randomUUID()}`);
  try {
    await writeFile(`${unfinished}.srt`, formatSrt(SAMPLE_LINES));
    await render(`${unfinished}.srt`, `${unfinished}.mp4`, options);
    await rename(`${unfinished}.srt`, captions);
    await rename(`${unfinished}.mp4`, trailer);
  } finally {
    await Promise.all([rm(`${unfinished}.srt`, { force: true }), rm(`${unfinished}.mp4`, { force: true })]);
  }
  return trailer;
}

/** What a process that was killed while it rendered has left: whoever renders now has written within its time limit. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const file = path.join(folder, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > RENDER_TIMEOUT_SECONDS * 1000) await rm(file, { force: true });
  }
}

/** Lines as SubRip text. */
export function formatSrt(lines: readonly TimedLine[]): string {
  return lines
    .map(
      (line, index) =>
        `${index + 1}\n${srtTime(line.startSeconds)} --> ${srtTime(line.endSeconds)}\n${line.text}\n`,
    )
    .join('\n');
}

function srtTime(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
  const clock = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60, (milliseconds / 1000) % 60];
  return `${clock.map((part) => pad(part, 2)).join(':')},${pad(milliseconds % 1000, 3)}`;
}

/** All scenes joined by hard cuts, and the sound: labels `[picture]` and `[sound]`. */
function filterGraph(): string {
  const scenes = SAMPLE_SCENES.map((scene, index) => {
    const painted = scene.picture.replaceAll('@]', `${index}]`);
    return `${painted},trim=end_frame=${scene.frames},setpts=PTS-STARTPTS,format=yuv420p,setsar=1[scene${index}]`;
  });
  const joined = `${SAMPLE_SCENES.map((_, index) => `[scene${index}]`).join('')}concat=n=${SAMPLE_SCENES.length}[picture]`;
  return [...scenes, joined, sampleSound()].join(';');
}

async function render(captions: string, output: string, options: SampleOptions): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const encoder = (await hasLibx264(signal))
    ? ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '25', '-threads', '2']
    : ['-c:v', 'mpeg4', '-q:v', '5'];
  const args = [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-progress', 'pipe:1'],
    ...['-f', 'srt', '-i', INPUT],
    // One thread: with two, the many scenes' filters take 1,016 MiB of data instead of 444, and a child has 1 GiB.
    ...[
      '-filter_complex_threads',
      '1',
      '-filter_complex',
      filterGraph(),
      '-map',
      '[picture]',
      '-map',
      '[sound]',
      '-map',
      '0:s',
    ],
    ...[...encoder, '-g', String(10 * SAMPLE_FRAMES_PER_SECOND), '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '96k', '-c:s', 'mov_text', '-metadata:s:s:0', 'language=eng'],
    ...[
      '-metadata',
      'title=Ember Road',
      '-fflags',
      '+bitexact',
      '-flags:v',
      '+bitexact',
      '-flags:a',
      '+bitexact',
    ],
    ...['-t', String(SAMPLE_DURATION_SECONDS), '-movflags', '+faststart', '-f', 'mp4', output],
  ];
  let rendered = 0; // seconds
  await ffmpeg(args, captions, signal, (line) => {
    const microseconds = /^out_time_us=(\d+)$/.exec(line)?.[1];
    if (microseconds === undefined) return;
    rendered = Number(microseconds) / 1e6;
    options.progress?.(Math.min(1, rendered / SAMPLE_DURATION_SECONDS));
  });
  // A filter that runs out of memory ends the film early, and ffmpeg 5.1 calls that a success.
  if (rendered < SAMPLE_DURATION_SECONDS - 1) throw renderFailure(`only ${rendered} s were rendered`);
}

async function hasLibx264(signal: AbortSignal): Promise<boolean> {
  let found = false;
  await ffmpeg(['-hide_banner', '-encoders'], undefined, signal, (line) => {
    found ||= / libx264 /.test(line);
  });
  return found;
}

/** Runs ffmpeg to its end and hands on each line that it prints to standard output. */
async function ffmpeg(
  args: string[],
  inputPath: string | undefined,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const child = await startChild({
    program: 'ffmpeg',
    args,
    ...(inputPath === undefined ? {} : { inputPath }),
    timeoutSeconds: RENDER_TIMEOUT_SECONDS,
    signal,
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  const { code, stderr } = await child.ended;
  if (code !== 0) throw renderFailure(stderr);
}

function renderFailure(details: string): Failure {
  return new Failure(
    'MEDIA_DECODE_FAILED',
    'ffmpeg could not render the sample trailer. Analyse a trailer of your own, or update ffmpeg.',
    { cause: new Error(details) },
  );
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
