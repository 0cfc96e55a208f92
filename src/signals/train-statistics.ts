import type { DecodedTrailer } from '../media/decoded.js';
import { type Feature, mean, type Spread } from './features.js';
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

/** One measured thing: a shot or a stretch weighs its seconds, a whole 1, as in the trailer's vector. */
interface Row<N extends string> {
  weight: number;
  values: Record<N, number | null>;
}

/** What one film gives to the statistics: one row a shot, a stretch and a whole. */
export interface FilmMeasures {
  shot: Row<ShotFeature>[];
  picture: Row<PictureFeature>[];
  stretch: Row<StretchFeature>[];
  sound: Row<SoundFeature>[];
}

export function measureFilm({
  frames,
  shots,
  sound,
}: Pick<DecodedTrailer, 'frames' | 'shots' | 'sound'>): FilmMeasures {
  const measured = frames ? measureShots(frames, shots) : [];
  const heard = sound.state === 'PRESENT' ? measureSound(sound) : null;
  return {
    shot: measured.map(({ shot, values }) => ({ weight: shot.endSeconds - shot.startSeconds, values })),
    picture: measured.length > 0 ? [{ weight: 1, values: measureWhole(measured) }] : [],
    stretch: (heard?.stretches ?? []).map(({ startSeconds, endSeconds, values }) => ({
      weight: endSeconds - startSeconds,
      values,
    })),
    sound: heard ? [{ weight: 1, values: heard.whole }] : [],
  };
}

export interface SampleOptions {
  films: number;
  /** Length of each film, a multiple of 6. */
  seconds: number;
  seed: number;
}

/** The measures of synthesised films, the same for the same seed. */
export function measureSamples({ films, seconds, seed }: SampleOptions): FilmMeasures[] {
  return Array.from({ length: films }, (_, i) => {
    const draw = seededDraw(seed + i);
    return measureFilm({ ...sampleFilm(draw, seconds), sound: sampleSound(draw, seconds) });
  });
}

/**
 * Centre and spread of each feature. Real and synthesised films weigh half each, however many there are; within
 * each half every film weighs the same, however many shots it has, and a shot weighs its seconds.
 */
export function trainStatistics(
  real: readonly FilmMeasures[],
  synthesised: readonly FilmMeasures[],
): SignalStatistics {
  const of = <N extends string>(catalogue: Record<N, Feature>, rows: (film: FilmMeasures) => Row<N>[]) =>
    Object.fromEntries(
      (Object.keys(catalogue) as N[]).map((name) => {
        const halves = [real, synthesised].map((films) =>
          films.map((film) => weighted(rows(film), name)).filter(({ weight }) => weight > 0),
        );
        return [name, mixture(halves.filter((films) => films.length > 0))];
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

/** Weighted moments of one feature over one film. */
interface Moments {
  weight: number;
  mean: number;
  meanSquare: number;
}

function weighted<N extends string>(rows: readonly Row<N>[], name: N): Moments {
  let weight = 0;
  let sum = 0;
  let squares = 0;
  for (const row of rows) {
    const value = row.values[name];
    if (value === null) continue;
    weight += row.weight;
    sum += row.weight * value;
    squares += row.weight * value * value;
  }
  return { weight, mean: sum / weight, meanSquare: squares / weight };
}

/** Mean and deviation of the mixture of halves of films, rounded so that a reader can check them. */
function mixture(halves: readonly (readonly Moments[])[]): Spread {
  const centre = mean(halves.map((films) => mean(films.map((film) => film.mean))));
  const square = mean(halves.map((films) => mean(films.map((film) => film.meanSquare))));
  const deviation = Math.sqrt(Math.max(0, square - centre * centre));
  return { mean: rounded(centre), deviation: Math.max(LEAST_DEVIATION, rounded(deviation)) };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
