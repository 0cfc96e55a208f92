import type { Feature } from './features.js';

/** What is measured of one shot, in the order of the shot's vector. Symbols: docs/signals.md, "Picture". */
export const SHOT_FEATURES = {
  cutRate: { unit: 'log2 of cuts a second', formula: '−log2(d), d the length of the shot in seconds' },
  light: { unit: 'luma 0 … 1', formula: 'μ = mean of Y' },
  contrast: { unit: 'luma 0 … 0.5', formula: 'σ = standard deviation of Y' },
  lightingKey: { unit: 'luma²', formula: 'μ · σ (Rasheed & Shah 2005)' },
  darkShare: { unit: 'share 0 … 1', formula: 'share of pixels with Y < 0.2' },
  saturation: { unit: 'share 0 … 1', formula: 'Σ C / Σ V' },
  warmth: { unit: '−1 … 1', formula: 'Σ (R − B) / Σ V' },
  hueVariety: { unit: 'share 0 … 1', formula: 'entropy of C by hue (12 bins) / log 12' },
  colourVariance: { unit: 'CIELUV units', formula: 'det(cov(L, u, v))^(1/6)' },
  red: { unit: 'share 0 … 1', formula: 'Σ C over hues −30° … 30° / Σ V' },
  yellow: { unit: 'share 0 … 1', formula: 'Σ C over hues 30° … 90° / Σ V' },
  green: { unit: 'share 0 … 1', formula: 'Σ C over hues 90° … 150° / Σ V' },
  cyan: { unit: 'share 0 … 1', formula: 'Σ C over hues 150° … 210° / Σ V' },
  blue: { unit: 'share 0 … 1', formula: 'Σ C over hues 210° … 270° / Σ V' },
  magenta: { unit: 'share 0 … 1', formula: 'Σ C over hues 270° … 330° / Σ V' },
  motion: {
    unit: 'log2 of 1 % of w a second',
    formula: 'log2(1 + 100 · |displacement| / (w · Δt)), blocks with texture',
  },
  change: { unit: 'log2 of 1 % of luma a second', formula: 'log2(1 + 100 · mean |Y(t + Δt) − Y(t)| / Δt)' },
  texture: { unit: 'luma a 128th of w', formula: '√ mean(Yx² + Yy²) · w / 128' },
} as const satisfies Record<string, Feature>;

export type ShotFeature = keyof typeof SHOT_FEATURES;

/** What only the whole trailer has; these follow the shot features in the trailer's vector. */
export const PICTURE_FEATURES = {
  medianShotLength: { unit: 'log2 of seconds', formula: 'log2 of the median of d' },
  shotLengthVariation: { unit: 'ratio', formula: 'deviation of d / mean of d' },
  paceRise: {
    unit: 'doublings over the trailer',
    formula: 'least-squares slope of −log2(d) over time / duration',
  },
  lightSpread: { unit: 'luma 0 … 0.5', formula: 'standard deviation of μ over the shots' },
  paletteChange: {
    unit: 'share 0 … 1',
    formula: 'mean of ½ Σ |p − q| over neighbouring shots, p and q their shares of 64 colours',
  },
} as const satisfies Record<string, Feature>;

export type PictureFeature = keyof typeof PICTURE_FEATURES;
