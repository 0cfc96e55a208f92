import type { Feature } from './features.js';

/** What is measured of one stretch of sound, in the order of the stretch's vector. Symbols: docs/signals.md, "Sound". */
export const STRETCH_FEATURES = {
  loudness: {
    unit: 'LUFS',
    formula: '−0.691 + 10 log10(mean of the squared K-weighted samples) (ITU-R BS.1770)',
  },
  dynamics: { unit: 'LU', formula: '95th − 10th percentile of the loudness of 400 ms blocks above −70 LUFS' },
  centroid: { unit: 'log2 of Hz', formula: 'log2(Σ f P / Σ P)' },
  rolloff: { unit: 'log2 of Hz', formula: 'log2 of the frequency below which 85 % of Σ P lie' },
  flatness: { unit: 'dB', formula: '10 log10(geometric mean of P / mean of P)' },
  flux: { unit: 'dB a frame', formula: 'mean rise of the level over 32 bands from frame to frame' },
  onsetRate: { unit: 'onsets a second', formula: 'peaks of the flux above its surroundings / length' },
  speechLike: { unit: 'share 0 … 1', formula: 'share of the time whose rule says speech' },
  musicLike: { unit: 'share 0 … 1', formula: 'share of the time whose rule says music' },
  silence: { unit: 'share 0 … 1', formula: 'share of the 400 ms blocks below −50 LUFS' },
} as const satisfies Record<string, Feature>;

export type StretchFeature = keyof typeof STRETCH_FEATURES;

/** What only the whole sound has; these follow the stretch features in the trailer's vector. */
export const SOUND_FEATURES = {
  loudnessRange: {
    unit: 'LU',
    formula:
      '95th − 10th percentile of the loudness of 3 s windows above −20 LU of their mean (EBU Tech 3342)',
  },
  loudnessRise: {
    unit: 'LU over the trailer',
    formula: 'least-squares slope of the loudness of the stretches over time / duration',
  },
  tempo: {
    unit: 'log2 of beats a minute',
    formula: 'lag of the highest weighted autocorrelation of the flux (Ellis 2007)',
  },
  pulseClarity: { unit: 'share 0 … 1', formula: 'autocorrelation of the flux at that lag / at lag 0' },
} as const satisfies Record<string, Feature>;

export type SoundFeature = keyof typeof SOUND_FEATURES;
