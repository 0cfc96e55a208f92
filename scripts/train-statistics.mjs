// Makes models/compact/statistics.json: measures the clips named, and synthesised films from a seed, and writes
// the centre and spread of every feature of picture and sound. Run `npm run build` first.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { readConfig } from '../dist/config.js';
import { decodeTrailer } from '../dist/media/decode.js';
import { probeTrailer } from '../dist/media/probe.js';
import { measureFilm, measureSamples, trainStatistics } from '../dist/signals/train-statistics.js';

const SYNTHESISED = { films: 16, seconds: 60, seed: 1 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'models/compact/statistics.json' } },
});
const { signal } = new AbortController();
const { limits } = readConfig({});
const clips = [];
const real = [];
for (const clip of positionals) {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-statistics-'));
  try {
    const facts = await probeTrailer(clip, { limits, signal });
    real.push(measureFilm(await decodeTrailer({ path: clip, facts, folder, sidecars: [] }, { signal })));
  } finally {
    await rm(folder, { recursive: true });
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(clip), hash);
  clips.push({ name: path.basename(clip), sha256: hash.digest('hex') });
}
const statistics = trainStatistics(real, measureSamples(SYNTHESISED));
await writeFile(
  values.out,
  `${JSON.stringify({ origin: { clips, synthesised: SYNTHESISED }, ...statistics }, null, 2)}\n`,
);
