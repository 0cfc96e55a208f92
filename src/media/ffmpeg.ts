import { execFile } from 'node:child_process';
import { constants as fsConstants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.js';

/** What the search for ffmpeg found. Both programs come from the PATH. */
export interface FfmpegPrograms {
  ffmpeg: string;
  ffprobe: string;
  /** As ffmpeg writes it, for example `5.1.9-0+deb12u1`. */
  version: string;
}

/** The oldest line with `-fps_mode` and concat segments that keep their times. */
const MIN_VERSION = [5, 1] as const;

const VERSION_TIMEOUT_MS = 10_000;

let programs: Promise<FfmpegPrograms> | null = null;

/**
 * Finds ffmpeg and ffprobe on the PATH; the answer is remembered.
 * @throws Failure FFMPEG_MISSING with the command that installs them
 */
export function findFfmpeg(): Promise<FfmpegPrograms> {
  programs ??= searchFfmpeg().catch((error: unknown) => {
    programs = null;
    throw error;
  });
  return programs;
}

async function searchFfmpeg(): Promise<FfmpegPrograms> {
  const [ffmpeg, ffprobe] = await Promise.all([onPath('ffmpeg'), onPath('ffprobe')]);
  if (!ffmpeg || !ffprobe) {
    const missing = ffmpeg ? 'ffprobe' : 'ffmpeg';
    throw new Failure(
      'FFMPEG_MISSING',
      `${missing} is not on the PATH. Install it with: ${await installCommand()}`,
    );
  }
  const output = await versionOf(ffmpeg);
  const version = /^ffmpeg version (\S+)/.exec(output)?.[1] ?? 'unknown';
  const numbers = /^n?(\d+)\.(\d+)/.exec(version);
  // Builds from git have no number ("N-1234-gabc"); they are taken as recent.
  if (numbers && isOlder([Number(numbers[1]), Number(numbers[2])], MIN_VERSION)) {
    const needed = MIN_VERSION.join('.');
    throw new Failure(
      'FFMPEG_MISSING',
      `ffmpeg ${version} is too old; ${needed} or newer is needed. Install it with: ${await installCommand()}`,
    );
  }
  return { ffmpeg, ffprobe, version };
}

function isOlder(version: readonly [number, number], than: readonly [number, number]): boolean {
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}

/** The absolute path of `program`, or null. */
export async function onPath(program: string): Promise<string | null> {
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const ending of endings) {
      const candidate = path.join(folder, program + ending);
      if (path.isAbsolute(candidate) && (await isExecutable(candidate))) return candidate;
    }
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, fsConstants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const INSTALL_COMMANDS = [
  ['apt-get', 'sudo apt-get update && sudo apt-get install -y ffmpeg'],
  ['dnf', 'sudo dnf install -y ffmpeg-free'],
  ['apk', 'sudo apk add ffmpeg'],
  ['pacman', 'sudo pacman -S --noconfirm ffmpeg'],
  ['zypper', 'sudo zypper install -y ffmpeg'],
  ['brew', 'brew install ffmpeg'],
  ['winget', 'winget install Gyan.FFmpeg'],
] as const;

async function installCommand(): Promise<string> {
  for (const [manager, command] of INSTALL_COMMANDS) {
    if (await onPath(manager)) return command;
  }
  return 'see https://ffmpeg.org/download.html';
}

async function versionOf(ffmpeg: string): Promise<string> {
  try {
    return (await promisify(execFile)(ffmpeg, ['-version'], { timeout: VERSION_TIMEOUT_MS })).stdout;
  } catch (cause) {
    const command = await installCommand();
    throw new Failure('FFMPEG_MISSING', `${ffmpeg} does not start. Install it again with: ${command}`, {
      cause,
    });
  }
}
