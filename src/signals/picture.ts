import type { DecodedTrailer, FrameSequence, Shot } from '../media/decoded.js';
import {
  addFrame,
  type ColourSums,
  colourMeasures,
  emptySums,
  HUE_SECTORS,
  paletteDistance,
} from './colour.js';
import { deviation, mean, normaliseAll, quantile, slope, timeWeights, weightedMean } from './features.js';
import { blockDisplacement, gradientEnergy, lumaChange, lumaPlane } from './motion.js';
import { type Area, activeArea } from './picture-area.js';
import {
  PICTURE_FEATURES,
  type PictureFeature,
  SHOT_FEATURES,
  type ShotFeature,
} from './picture-features.js';
import type { Moment, SignalEmbedding } from './signal.js';
import { pictureModel, type SignalStatistics } from './statistics.js';

const MOTION_GRID = 64; // cells along the longer side: enough for blocks, small enough to search
const TEXTURE_GRID = 128; // pixels of the longer side to which texture is related
const LONGEST_GAP_SECONDS = 0.5; // between a frame and its successor; beyond it blocks cannot be found again

/** One CONTENT shot as measured. A feature is null where the frames at hand cannot tell. */
export interface MeasuredShot {
  shot: Shot;
  colours: ColourSums;
  values: Record<ShotFeature, number | null>;
}

/**
 * The cinematic signal, after Rasheed & Shah 2005 ("On the use of computable features for film classification").
 * Moments are the CONTENT shots that have frames, each with one number a SHOT_FEATURES; the whole is their mean,
 * weighted by length, followed by one number a PICTURE_FEATURES. All are deviations from the shipped statistics,
 * clipped to ±CLIP.
 */
export function embedPicture(
  decoded: Pick<DecodedTrailer, 'frames' | 'shots'>,
  statistics: SignalStatistics,
): SignalEmbedding {
  const model = pictureModel(statistics);
  const missing = (missingReason: string): SignalEmbedding => ({
    signal: 'PICTURE',
    model,
    vector: null,
    moments: [],
    measures: {},
    missingReason,
  });
  if (!decoded.frames) return missing('The file has no picture.');
  const measured = measureShots(decoded.frames, decoded.shots);
  if (measured.length === 0) return missing('The picture shows nothing but black, cards and logos.');

  const moments = measured.map(
    ({ shot, values }): Moment => ({
      startSeconds: shot.startSeconds,
      endSeconds: shot.endSeconds,
      vector: normaliseAll(SHOT_FEATURES, values, statistics.shot),
      line: null,
      shotIndex: shot.index,
    }),
  );
  const weights = timeWeights(moments);
  const shared = weightedMean(
    moments.map((moment) => moment.vector),
    weights,
  );
  const whole = measureWhole(measured);
  const own = normaliseAll(PICTURE_FEATURES, whole, statistics.picture);
  return {
    signal: 'PICTURE',
    model,
    vector: Float32Array.of(...shared, ...own),
    moments,
    measures: plainMeasures(measured, weights, whole),
    missingReason: null,
  };
}

/** Each CONTENT shot that has at least one frame, in time. */
export function measureShots(frames: FrameSequence, shots: readonly Shot[]): MeasuredShot[] {
  const area = activeArea(frames);
  const byShot = new Map<number, number[]>();
  frames.frames.forEach(({ shotIndex }, frame) => {
    const list = byShot.get(shotIndex);
    if (list) list.push(frame);
    else byShot.set(shotIndex, [frame]);
  });
  return shots.flatMap((shot) => {
    const own = byShot.get(shot.index);
    return shot.kind === 'CONTENT' && own ? [measureShot(frames, own, shot, area)] : [];
  });
}

function measureShot(frames: FrameSequence, own: readonly number[], shot: Shot, area: Area): MeasuredShot {
  const colours = emptySums();
  const textures: number[] = [];
  // a successor looks like the frame before it: it serves motion only
  for (const frame of own.filter((index) => frames.frames[index]!.successorOf < 0)) {
    const pixels = pixelsOf(frames, frame);
    addFrame(colours, pixels, frames.width, area);
    textures.push(
      (gradientEnergy(lumaPlane(pixels, frames.width, area, 1)) * longerSide(frames)) / TEXTURE_GRID,
    );
  }
  const { sectors, ...light } = colourMeasures(colours);
  const hues = Object.fromEntries(HUE_SECTORS.map((name, i) => [name, sectors[i]!]));
  return {
    shot,
    colours,
    values: {
      cutRate: -Math.log2(lengthOf(shot)),
      ...light,
      ...(hues as Record<(typeof HUE_SECTORS)[number], number>),
      ...motionOf(frames, own, area),
      texture: textures.length > 0 ? mean(textures) : null,
    },
  };
}

function motionOf(frames: FrameSequence, own: readonly number[], area: Area) {
  const cell = Math.max(1, Math.round(longerSide(frames) / MOTION_GRID));
  const speeds: number[] = [];
  const changes: number[] = [];
  for (const frame of own) {
    const { successorOf, timeSeconds } = frames.frames[frame]!;
    const before = frames.frames[successorOf];
    if (!before) continue;
    const gap = timeSeconds - before.timeSeconds;
    if (gap <= 0 || gap > LONGEST_GAP_SECONDS) continue;
    const from = lumaPlane(pixelsOf(frames, successorOf), frames.width, area, cell);
    const to = lumaPlane(pixelsOf(frames, frame), frames.width, area, cell);
    const displacement = blockDisplacement(from, to);
    if (displacement !== null) speeds.push((displacement * cell) / longerSide(frames) / gap);
    changes.push(lumaChange(from, to) / gap);
  }
  return { motion: logPercent(speeds), change: logPercent(changes) };
}

/** log2(1 + mean in percent), or null for no values. */
function logPercent(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.log2(1 + 100 * mean(values));
}

/** What only the shots together tell, in the units of PICTURE_FEATURES. */
export function measureWhole(measured: readonly MeasuredShot[]): Record<PictureFeature, number | null> {
  const lengths = measured.map(({ shot }) => lengthOf(shot));
  const several = measured.length > 1;
  const distances = measured.slice(1).map(({ colours }, i) => paletteDistance(measured[i]!.colours, colours));
  return {
    medianShotLength: Math.log2(quantile(lengths, 0.5)),
    shotLengthVariation: several ? deviation(lengths) / mean(lengths) : null,
    paceRise: paceRise(measured.map(({ shot }) => shot)),
    lightSpread: several ? deviation(measured.map(({ values }) => values.light ?? 0)) : null,
    paletteChange: several ? mean(distances) : null,
  };
}

/** Doublings of the cut rate from the first shot to the last by a straight line; null for fewer than 3 shots. */
export function paceRise(shots: readonly Shot[]): number | null {
  if (shots.length < 3) return null;
  const start = shots[0]!.startSeconds;
  const span = shots.at(-1)!.endSeconds - start;
  const times = shots.map((shot) => ((shot.startSeconds + shot.endSeconds) / 2 - start) / span);
  const rates = shots.map((shot) => -Math.log2(lengthOf(shot)));
  return slope(times, rates);
}

/** The measures for people and for signal quality; shares 0 … 1, see docs/signals.md. */
function plainMeasures(
  measured: readonly MeasuredShot[],
  weights: readonly number[],
  whole: Record<PictureFeature, number | null>,
): Record<string, number> {
  const lengths = measured.map(({ shot }) => lengthOf(shot));
  const over = (feature: ShotFeature) =>
    measured.reduce((sum, { values }, i) => sum + weights[i]! * (values[feature] ?? 0), 0);
  const moving = measured.filter(({ values }) => values.motion !== null);
  return {
    shots: measured.length,
    meanShotSeconds: mean(lengths),
    medianShotSeconds: quantile(lengths, 0.5),
    shotSecondsDeviation: deviation(lengths),
    paceRise: whole.paceRise ?? 0,
    light: over('light'),
    contrast: over('contrast'),
    darkShare: over('darkShare'),
    saturation: over('saturation'),
    warmth: over('warmth'),
    motionPercentPerSecond: mean(moving.map(({ values }) => 2 ** values.motion! - 1)),
    texture: over('texture'),
    variety: whole.paletteChange ?? 0,
  };
}

const SHORTEST_SHOT_SECONDS = 1 / 24; // one film frame

function lengthOf(shot: Shot): number {
  return Math.max(SHORTEST_SHOT_SECONDS, shot.endSeconds - shot.startSeconds);
}

function longerSide({ width, height }: FrameSequence): number {
  return Math.max(width, height);
}

function pixelsOf({ width, height, data }: FrameSequence, frame: number): Uint8Array {
  const size = width * height * 3;
  return data.subarray(frame * size, (frame + 1) * size);
}
