// npm run bench -- <name> [--json] [arguments]: runs bench/<name>.ts, whose `run` prints its table.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Benchmark {
  run(options: { json: boolean; args: string[] }): Promise<void>;
}

const names = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .map((file) => file.slice(0, -'.js'.length))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(
    `Usage: npm run bench -- <name> [--json] [arguments]\nBenchmarks: ${names.join(', ')}\n`,
  );
  process.exit(name === undefined ? 0 : 2);
}
const benchmark = (await import(`./${name}.js`)) as Benchmark;
await benchmark.run({ json: rest.includes('--json'), args: rest.filter((word) => word !== '--json') });
