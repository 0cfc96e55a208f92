// npm run check: everything that can be wrong without a test failing. Runs all checks, prints a line each.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkRooms } from './check-rooms.mjs';
import { root } from './setup/folders.mjs';
import { run } from './setup/run.mjs';
import { setup } from './setup/steps.mjs';

const node = (...args) => run(process.execPath, args);
const tsc = (project) => node('node_modules/typescript/bin/tsc', '-p', project, '--noEmit');

async function checkTaxonomy() {
  const { readMapping, readTaxonomy } = await import('../dist/tagging/taxonomy.js');
  try {
    const taxonomy = await readTaxonomy(path.join(root, 'models', 'taxonomy.json'));
    const mapping = path.join(root, 'models', 'label-mapping.json');
    if (existsSync(mapping)) await readMapping(mapping, taxonomy);
    return null;
  } catch (error) {
    return error.message;
  }
}

async function checkCard() {
  const { classifierOfCard } = await import('../dist/tagging/evaluation/model-card.js');
  const { models } = JSON.parse(
    await readFile(path.join(root, 'models', 'compact', 'manifest.json'), 'utf8'),
  );
  const measured = classifierOfCard(await readFile(path.join(root, 'models', 'MODEL_CARD.md'), 'utf8'));
  if (measured === models.HEAD) return null;
  return `models/MODEL_CARD.md has the figures of ${measured}, the pack ships ${models.HEAD}: docs/learning.md says how to measure it.`;
}

/** Each gives back null, or what is wrong. */
const CHECKS = {
  'format and lint': () => node('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  'types of server, tests and benchmarks': () => tsc('tsconfig.check.json'),
  'types of the page': () => tsc('src/web/tsconfig.json'),
  'rooms import downwards only': checkRooms,
  'schema.graphql is what the code declares': () => node('dist/graphql/print.js', '--check'),
  'migrations lead to prisma/schema.prisma': () => node('scripts/migrate.mjs', 'check'),
  'the pack matches its manifest': () => node('dist/inference/verify.js'),
  'label taxonomy': checkTaxonomy,
  'the model card has the figures of the pack': checkCard,
};

let failed = (await setup({ quiet: true, forTests: false, forBench: false })) ? 0 : 1;
for (const [name, check] of Object.entries(CHECKS)) {
  const problem = await check().catch((error) => error.message);
  console.log(`${problem === null ? '✔' : '✘'} ${name}`);
  if (problem === null) continue;
  console.log(problem);
  failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
