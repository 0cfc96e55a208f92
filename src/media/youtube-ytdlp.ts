import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { onPath } from './ffmpeg.js';
import { startProgram } from './program.js';
import type { CaptionFile } from './source.js';
import { watchUrl, type YoutubeJob, type YoutubeProvider, type YoutubeVideo } from './youtube-provider.js';

/** The first release that takes a JavaScript runtime, without which YouTube gives no formats. */
const MIN_VERSION = '2025.11.12';
const VERSION_TIMEOUT_SECONDS = 20;
/** What Marquee looks at is 360 rows high; more than 1080 is only bytes. */
const FORMAT = 'bv*[height<=1080]+ba/b[height<=1080]/bv*+ba/b';
const MAX_OUTPUT_CHARACTERS = 1_000_000;

/** `yt-dlp` on the PATH. */
export const ytdlp: YoutubeProvider = {
  name: 'yt-dlp',

  async unavailable() {
    const command = await onPath('yt-dlp');
    if (command === null) return 'yt-dlp is not on the PATH';
    const signal = AbortSignal.timeout(VERSION_TIMEOUT_SECONDS * 1000);
    const version = (
      await outputOf(command, ['--version'], { signal, timeoutSeconds: VERSION_TIMEOUT_SECONDS })
    ).trim();
    return version >= MIN_VERSION ? null : `yt-dlp ${version} is older than ${MIN_VERSION}`;
  },

  async fetch(videoId, job) {
    const command = await onPath('yt-dlp');
    if (command === null) throw new Error('yt-dlp is not on the PATH');
    const output = await outputOf(command, downloadArgs(videoId, job), {
      signal: job.signal,
      timeoutSeconds: job.limits.downloadSeconds,
      folder: job.folder,
      onLine: (line) => reportProgress(line, job),
    });
    return videoOf(output, job);
  },
};

function downloadArgs(videoId: string, job: YoutubeJob): string[] {
  return [
    ...['--ignore-config', '--no-playlist', '--no-cache-dir', '--no-mtime', '--newline', '--progress'],
    ...['--js-runtimes', `node:${process.execPath}`],
    ...['--socket-timeout', '20', '--retries', '3', '--max-filesize', String(job.limits.downloadBytes)],
    ...['--match-filters', `duration<=?${job.limits.durationSeconds} & !is_live`],
    ...['--format', FORMAT, '--merge-output-format', 'mkv'],
    // People's captions first; where there are none, the platform's own of the language that is spoken.
    ...[
      '--write-subs',
      '--write-auto-subs',
      '--sub-langs',
      'en.*,.*-orig',
      '--sub-format',
      'vtt',
      '--convert-subs',
      'vtt',
    ],
    ...['--paths', job.folder, '--output', 'video.%(ext)s'],
    ...['--no-simulate', '--print', 'after_move:%(.{id,title,filepath})j'],
    ...['--', watchUrl(videoId)],
  ];
}

const printed = z.object({ title: z.string(), filepath: z.string() });

async function videoOf(output: string, job: YoutubeJob): Promise<YoutubeVideo> {
  const line = output.split('\n').findLast((row) => row.startsWith('{'));
  // Nothing is printed for what --match-filters or --max-filesize left out.
  if (line === undefined) {
    throw new Failure(
      'DOWNLOAD_TOO_LARGE',
      'The video is live, too long or too large to be fetched. Upload the trailer as a file.',
    );
  }
  const { title, filepath } = printed.parse(JSON.parse(line));
  const file = path.join(job.folder, path.basename(filepath));
  return { path: file, title, captions: await captionsIn(job.folder) };
}

/** `video.en.vtt`; people's captions and the platform's share the name, and yt-dlp prefers people's. */
async function captionsIn(folder: string): Promise<CaptionFile[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.vtt'))
    .toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return names.map((name) => ({
    path: path.join(folder, name),
    language:
      name
        .split('.')
        .at(-2)
        ?.replace(/-orig$/, '') ?? null,
    origin: 'PLATFORM',
  }));
}

/** `[download]  42.0% of …` */
function reportProgress(line: string, job: YoutubeJob): void {
  const share = /^\[download\]\s+(\d+(?:\.\d+)?)%/.exec(line)?.[1];
  if (share !== undefined) job.progress?.(Number(share) / 100);
}

async function outputOf(
  command: string,
  args: readonly string[],
  options: { signal: AbortSignal; timeoutSeconds: number; folder?: string; onLine?: (line: string) => void },
): Promise<string> {
  const program = await startProgram({ command, args, ...options });
  let output = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-MAX_OUTPUT_CHARACTERS);
    for (const line of text.split('\n')) options.onLine?.(line);
  });
  const { code, stderr } = await program.ended;
  if (code !== 0) throw new Error(lastError(stderr) ?? `yt-dlp ended with code ${code}`);
  return output;
}

function lastError(stderr: string): string | null {
  return stderr.split('\n').findLast((line) => line.startsWith('ERROR:')) ?? null;
}
