import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningMarquee, runMarquee } from '../web/running-marquee.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const buildExamples = () =>
  execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples'], { cwd: root });

describe('the examples', { timeout: 90_000 }, () => {
  let marquee: RunningMarquee;

  beforeAll(async () => {
    marquee = await runMarquee();
  }, 120_000);

  afterAll(() => marquee?.close());

  const run = (command: string, args: string[]) =>
    execute(command, args, { cwd: root, env: { ...process.env, MARQUEE_URL: marquee.url }, timeout: 80_000 });

  it('analyze.sh prints the tags as JSON and tells what it does on the way, whatever the file is called', async () => {
    const film = path.join(marquee.config.dataFolder, 'She said "go" & 50 % ü.mp4');
    await copyFile(marquee.sample, film);
    const { stdout, stderr } = await run('examples/analyze.sh', [film]);
    const { analysis } = JSON.parse(stdout).data;
    expect(analysis.error).toBeNull();
    expect(analysis.prediction.tags.length).toBeGreaterThan(0);
    expect(stderr).toMatch(
      /uploaded {2}upload_\w+\ntitle {5}title_\w+\nanalysis {2}analysis_\w+\nstate {5}SUCCEEDED/,
    );
  });

  it('analyze.sh fails with what the server said', async () => {
    await expect(run('examples/analyze.sh', ['/dev/null'])).rejects.toMatchObject({
      stderr: expect.stringContaining('SOURCE_EMPTY'),
    });
  });

  it.each([
    ['examples/analyze.sh', []],
    [process.execPath, ['examples/build/discover.js']],
  ])('%s %j says in one sentence that no server answers', async (command, args) => {
    await buildExamples();
    // Port 9 is for discarding; nothing answers there.
    const env = { ...process.env, MARQUEE_URL: 'http://127.0.0.1:9' };
    await expect(execute(command, args, { cwd: root, env })).rejects.toMatchObject({
      stderr: 'Marquee does not answer at http://127.0.0.1:9: start it with npm start, or set MARQUEE_URL.\n',
    });
  });

  it('follow.ts prints every event without a gap, then the tags', async () => {
    await buildExamples();
    const { stdout, stderr } = await run(process.execPath, ['examples/build/follow.js', marquee.sample]);
    const numbers = stderr
      .trim()
      .split('\n')
      .map((line) => Number.parseInt(line, 10));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(stderr).toMatch(/100 % SUCCEEDED/);
    expect(stdout).toMatch(/^(GENRE|MOOD|THEME) +\w/);
  });

  it('discover.ts tells what a search finds, and says which titles the catalog lacks', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marquee-questions-'));
    const questions = path.join(folder, 'questions.json');
    const discover = async (similar: string[]) => {
      const tastes = [{ liked: similar, disliked: [] }];
      await writeFile(questions, JSON.stringify({ searches: ['xyzzy plugh'], similar, tastes, rows: 3 }));
      return run(process.execPath, ['examples/build/discover.js', questions]);
    };
    const { stdout } = await discover(['No Such Film (1900)']);
    expect(stdout).toContain('- **xyzzy plugh**  (0): nothing');
    expect(stdout).toContain('- **No Such Film (1900)**: not in this catalog');
    expect(stdout).toContain('- **No Such Film (1900)**: not in this catalog: No Such Film (1900)');
    expect(stdout).toContain('## Rows');
    await rm(folder, { recursive: true });
  });

  it('train.ts trains on its rows, switches to what came of it and back', async () => {
    const { stdout, stderr } = await run(process.execPath, ['examples/build/train.js']);
    expect(stdout).toMatch(/^trained {4}(trained@\w+)\nactive {5}\1\nactive {5}compact-head@\w+\n$/);
    expect(stderr).toMatch(/SUCCEEDED .*predictions were tagged anew/);
  });
});
