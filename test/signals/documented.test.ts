import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CLIP } from '../../src/signals/features.js';
import { PICTURE_FEATURES, SHOT_FEATURES } from '../../src/signals/picture-features.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../../src/signals/sound-features.js';
import { readCues } from '../../src/tagging/cues.js';
import { readTaxonomy } from '../../src/tagging/taxonomy.js';

const document = readFileSync('docs/signals.md', 'utf8');

it('documents every feature of picture and sound with the unit and the formula that the code states', () => {
  const all = { ...SHOT_FEATURES, ...PICTURE_FEATURES, ...STRETCH_FEATURES, ...SOUND_FEATURES };
  for (const [name, { unit, formula }] of Object.entries(all)) {
    expect(document).toContain(`| \`${name}\` | ${unit} | ${formula.replaceAll('|', '\\|')} |`);
  }
});

it('documents the cues of every label with the weights that the file states', async () => {
  const labels = (await readTaxonomy('models/taxonomy.json')).groups.flatMap(({ labels }) => labels);
  const { cues } = await readCues(
    'models/cues.json',
    labels.map(({ id }) => id),
  );
  for (const label of new Set(cues.map((cue) => cue.label))) {
    const own = cues.filter((cue) => cue.label === label);
    const listed = own
      .map(({ feature, weight }) => `\`${feature}\` ${weight > 0 ? '+' : '−'}${Math.abs(weight)}`)
      .join(', ');
    const most = own.reduce((sum, { weight }) => sum + Math.abs(weight) * CLIP, 0).toFixed(2);
    expect(document).toContain(`| \`${label}\` | ${listed} | ±${most} |`);
  }
});
