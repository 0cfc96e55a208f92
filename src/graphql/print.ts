// Writes schema.graphql; with --check, says whether it is as the code declares it.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printSchema } from './schema.js';

const file = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
const printed = await printSchema();

if (!process.argv.includes('--check')) {
  await writeFile(file, printed);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== printed) {
  process.stderr.write('schema.graphql is not what the code declares. Run `npm run schema` and commit it.\n');
  process.exitCode = 1;
}
