import { fileURLToPath } from 'node:url';
import { readManifest, writeManifest } from '../inference/packs.js';
import { describeFiles } from './compact-files.js';

/**
 * `node dist/tagging/refresh-manifest.js`: after an edit of what is written by hand (the taxonomy's wording, the cues,
 * the statistics), gives the shipped pack's manifest their fingerprints and the models their new names. What was
 * learned stays as it is.
 */
const folder = fileURLToPath(new URL('../../models/compact', import.meta.url));
const manifest = await readManifest(folder);
await writeManifest(folder, { ...manifest, ...(await describeFiles(folder)) });
