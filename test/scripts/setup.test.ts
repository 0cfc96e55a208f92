import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
/** Root may write everywhere. */
const STRANGER = isRoot ? { uid: 65534 } : {};

describe('the set-up', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marquee-setup-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function run(
    args: string[],
    env: NodeJS.ProcessEnv = process.env,
    user: { uid?: number } = {},
  ): Promise<{ status: number; said: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: root, env, ...user }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, said: stdout + stderr });
      });
    });
  }

  async function standIn(name: string, script: string): Promise<void> {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(folder, name), 0o755);
  }

  it('says on an old Node which one it needs', async () => {
    const pretend =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })';
    const { status, said } = await run(['--import', `data:text/javascript,${pretend}`, 'scripts/setup.mjs']);
    expect(status).toBe(1);
    expect(said).toBe(
      'Marquee needs Node 20.19 or newer, and this is 18.20.4: install one from https://nodejs.org.\n',
    );
  });

  it('says that ffmpeg is missing where it knows no package manager', async () => {
    const { status, said } = await run(['scripts/setup.mjs', '--quiet'], { PATH: folder });
    expect(status).toBe(1);
    expect(said).toContain('ffmpeg is missing: install it so that it is on the PATH, then try again.\n');
  });

  it('installs ffmpeg where it may, and else says the command', async () => {
    const log = path.join(folder, 'log');
    await standIn(
      'apt-get',
      `echo "$@" >> '${log}'; echo 'E: Unable to locate package ffmpeg' >&2; exit 100`,
    );
    const { status, said } = await run(['scripts/setup.mjs', '--quiet'], { PATH: folder });
    expect(status).toBe(1);
    if (isRoot) {
      expect(await readFile(log, 'utf8')).toBe('update\ninstall -y --no-install-recommends ffmpeg\n');
      expect(said).toContain('E: Unable to locate package ffmpeg');
    }
    const sudo = isRoot ? '' : 'sudo ';
    expect(said).toContain(
      `"${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ffmpeg"`,
    );
  });

  it('says what cannot be written in a clone that belongs to somebody else', async () => {
    for (const name of ['scripts', 'package.json', 'package-lock.json'])
      await cp(path.join(root, name), path.join(folder, name), { recursive: true });
    await chmod(folder, 0o555);
    const { status, said } = await run([path.join(folder, 'scripts/setup.mjs'), '--quiet'], {}, STRANGER);
    expect(status).toBe(1);
    expect(said).toBe(
      `Marquee is not set up here, and ${path.join(folder, '.marquee')} cannot be written: run this once as a user who may.\n`,
    );
  });

  it('lets only one process in at a time, and takes the lock of a dead one over', async () => {
    const log = path.join(folder, 'log');
    const visit = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from '${root}scripts/setup/lock.mjs';
      await withLock(async () => {
        appendFileSync('${log}', 'in ');
        await new Promise((resolve) => setTimeout(resolve, 30));
        appendFileSync('${log}', 'out ');
        if (process.argv[1] === 'die') process.kill(process.pid, 'SIGKILL');
      }, () => undefined);`;
    const enter = (...words: string[]) => run(['--input-type=module', '--eval', visit, ...words]);
    await Promise.all([enter(), enter('die'), enter(), enter('die'), enter()]);
    expect(await readFile(log, 'utf8')).toBe('in out '.repeat(5));
  });
});
