import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config.js';
import { placeSample } from '../sample.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface ServerProcess {
  child: ChildProcess;
  /** Everything it has printed, for messages. */
  output(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A real `marquee serve` of the given role on the test's database. Resolves once it says that it is ready. */
export async function startServerProcess(config: Config, role: Config['role']): Promise<ServerProcess> {
  await placeSample(config);
  const env = {
    ...process.env,
    DATABASE_URL: config.databaseUrl ?? '',
    MARQUEE_DATA: config.dataFolder,
    MEDIA_ROOTS: config.mediaRoots.join(':'),
    MARQUEE_THREADS: '1',
    PORT: '0',
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [CLI, 'serve', '--role', role], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('Marquee is ready')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(() => reject(new Error(`the server ended before it was ready:\n${printed}`)));
  });
  await ready;
  return {
    child,
    output: () => printed,
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
