import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

export const MEDIA_PROGRAMS = ['ffmpeg', 'ffprobe'];
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** By which command a system installs a package, and what it calls it. `root`: only root may. */
const PACKAGE_MANAGERS = [
  {
    name: 'apt-get',
    root: true,
    update: ['update'],
    install: ['install', '-y', '--no-install-recommends'],
    packages: {},
  },
  { name: 'apk', root: true, install: ['add', '--no-cache'], packages: {} },
  { name: 'dnf', root: true, install: ['install', '-y'], packages: { ffmpeg: 'ffmpeg-free' } },
  { name: 'brew', root: false, install: ['install'], packages: {} },
];

/** @returns the absolute paths, or null where one is missing on the PATH */
export function findPrograms(names) {
  const found = names.map(findProgram);
  return found.every((file) => file !== null) ? found : null;
}

/** @returns {string | null} */
export function findChromium() {
  return CHROMIUM_NAMES.map(findProgram).find((file) => file !== null) ?? null;
}

/**
 * Installs by the system's package manager where this user may.
 *
 * @param {'ffmpeg' | 'chromium'} program
 * @returns {Promise<string | null>} null, or one sentence with the command to type
 */
export async function installProgram(program) {
  const manager = PACKAGE_MANAGERS.find(({ name }) => findProgram(name) !== null);
  if (!manager) return `${program} is missing: install it so that it is on the PATH, then try again.`;
  const args = [...manager.install, manager.packages[program] ?? program];
  const isRoot = process.getuid?.() === 0;
  const byHand = [manager.update, args]
    .filter(Boolean)
    .map((command) => [manager.root && !isRoot ? 'sudo' : '', manager.name, ...command].join(' ').trim())
    .join(' && ');
  // Homebrew refuses root, the others need it.
  if (manager.root !== isRoot) return `${program} is missing: install it with "${byHand}", then try again.`;
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  // A list that cannot be renewed may still name packages that can be had.
  if (manager.update) await run(manager.name, manager.update, environment);
  const failure = await run(manager.name, args, environment);
  return failure && `${failure}\n${program} is missing and could not be installed with "${byHand}".`;
}

function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, process.platform === 'win32' ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
