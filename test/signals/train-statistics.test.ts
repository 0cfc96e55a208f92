import { expect, it } from 'vitest';
import { PICTURE_FEATURES, SHOT_FEATURES } from '../../src/signals/picture-features.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../../src/signals/sound-features.js';
import { pictureModel, readStatistics, soundModel } from '../../src/signals/statistics.js';
import { type FilmMeasures, measureSamples, trainStatistics } from '../../src/signals/train-statistics.js';

/** A film of shots given as [seconds, light]; every other value is 0 and every other row empty. */
function film(...shots: [number, number][]): FilmMeasures {
  const zeros = Object.fromEntries(Object.keys(SHOT_FEATURES).map((name) => [name, 0]));
  return {
    shot: shots.map(([weight, light]) => ({
      weight,
      values: { ...zeros, light } as FilmMeasures['shot'][number]['values'],
    })),
    picture: [],
    stretch: [],
    sound: [],
  };
}

it('gives real and synthesised films half the weight each, every film the same, every shot its seconds', () => {
  const real = [film([1, 0.8], [3, 0.4])]; // mean 0.5
  const synthesised = [film([100, 0.2]), film([1, 0.4])]; // mean 0.3
  const { light } = trainStatistics(real, synthesised).shot;
  expect(light.mean).toBe(0.4);
  // ½ · (0.64 + 3 · 0.16) / 4 + ½ · (0.04 + 0.16) / 2 − 0.4² = 0.03
  expect(light.deviation).toBeCloseTo(Math.sqrt(0.03), 4);
});

it('leaves what could not be measured out instead of counting it as zero', () => {
  const without = film([9, 0.1]);
  without.shot[0]!.values.light = null;
  expect(trainStatistics([film([1, 0.5]), without], []).shot.light.mean).toBe(0.5);
});

it('measures every feature of a synthesised film, the same for the same seed', () => {
  const options = { films: 1, seconds: 18, seed: 3 };
  const [first] = measureSamples(options);
  expect(measureSamples(options)[0]).toEqual(first);
  const measured = (rows: { values: Record<string, number | null> }[], name: string) =>
    rows.some(({ values }) => values[name] !== null);
  for (const name of Object.keys(SHOT_FEATURES)) expect(measured(first!.shot, name)).toBe(true);
  for (const name of Object.keys(PICTURE_FEATURES)) expect(measured(first!.picture, name)).toBe(true);
  for (const name of Object.keys(STRETCH_FEATURES)) expect(measured(first!.stretch, name)).toBe(true);
  for (const name of Object.keys(SOUND_FEATURES)) expect(measured(first!.sound, name)).toBe(true);
});

it('names the encoders by their statistics, each by its own', async () => {
  const shipped = await readStatistics('models/compact/statistics.json');
  const other = structuredClone(shipped);
  other.shot.light.mean += 0.01;
  expect(pictureModel(shipped)).toMatch(/^compact-picture@[0-9a-f]{12}$/);
  expect(pictureModel(other)).not.toBe(pictureModel(shipped));
  expect(soundModel(other)).toBe(soundModel(shipped));
});

it('refuses statistics that are missing with a sentence that says what to do', async () => {
  await expect(readStatistics('models/compact/none.json')).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringMatching(/Restore the file/),
  });
});
