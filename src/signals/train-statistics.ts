import type { DecodedTrailer } from '../media/decoded.js';
import { deviation, type Feature, mean, type Spread } from './features.js';
import { measureShots, measureWhole } from './picture.js';
import {
  PICTURE_FEATURES,
  type PictureFeature,
  SHOT_FEATURES,
  type ShotFeature,
} from './picture-features.js';
import { sampleFilm, seededDraw } from './picture-samples.js';
import { measureSound } from './sound.js';
import {
  SOUND_FEATURES,
  type SoundFeature,
  STRETCH_FEATURES,
  type StretchFeature,
} from './sound-features.js';
import { sampleSound } from './sound-samples.js';
import type { SignalStatistics } from './statistics.js';

type Measured<N extends string> = Record<N, number | null>;

/** What one film gives to the statistics: one row a shot, a stretch and a whole. */
export interface FilmMeasures {
  shot: Measured<ShotFeature>[];
  picture: Measured<PictureFeature>[];
  stretch: Measured<StretchFeature>[];
  sound: Measured<SoundFeature>[];
}

export function measureFilm({
  frames,
  shots,
  sound,
}: Pick<DecodedTrailer, 'frames' | 'shots' | 'sound'>): FilmMeasures {
  const measured = frames ? measureShots(frames, shots) : [];
  const heard = sound.state === 'PRESENT' ? measureSound(sound) : null;
  return {
    shot: measured.map(({ values }) => values),
    picture: measured.length > 0 ? [measureWhole(measured)] : [],
    stretch: heard ? heard.stretches.map(({ values }) => values) : [],
    sound: heard ? [heard.whole] : [],
  };
}

/** The measures of `count` synthesised films, the same for the same seed. */
export function measureSamples(count: number, seed: number): FilmMeasures[] {
  return Array.from({ length: count }, (_, i) => {
    const draw = seededDraw(seed + i);
    return measureFilm({ ...sampleFilm(draw), sound: sampleSound(draw) });
  });
}

/**
 * Centre and spread of each feature. Real and synthesised films weigh half each, however many there are; within
 * each half every film weighs the same, however many shots it has.
 */
export function trainStatistics(
  real: readonly FilmMeasures[],
  synthesised: readonly FilmMeasures[],
): SignalStatistics {
  const of = <N extends string>(catalogue: Record<N, Feature>, rows: (film: FilmMeasures) => Measured<N>[]) =>
    Object.fromEntries(
      (Object.keys(catalogue) as N[]).map((name) => {
        const halves = [real, synthesised].map((films) =>
          films
            .map((film) => rows(film).flatMap((row) => row[name] ?? []))
            .filter((values) => values.length > 0),
        );
        return [name, pooled(halves.filter((films) => films.length > 0))];
      }),
    ) as Record<N, Spread>;
  return {
    shot: of(SHOT_FEATURES, (film) => film.shot),
    picture: of(PICTURE_FEATURES, (film) => film.picture),
    stretch: of(STRETCH_FEATURES, (film) => film.stretch),
    sound: of(SOUND_FEATURES, (film) => film.sound),
  };
}

const LEAST_DEVIATION = 1e-3; // of any feature: a constant one must not divide by zero

/** Mean and deviation of the mixture of halves of films of values, rounded so that a reader can check them. */
function pooled(halves: readonly (readonly number[][])[]): Spread {
  const overFilms = (of: (values: readonly number[]) => number) =>
    mean(halves.map((films) => mean(films.map(of))));
  const centre = overFilms(mean);
  const variance = overFilms((values) => deviation(values) ** 2 + (mean(values) - centre) ** 2);
  return { mean: rounded(centre), deviation: Math.max(LEAST_DEVIATION, rounded(Math.sqrt(variance))) };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
