/*
 * High dynamic range to what an ordinary screen shows, as ffmpeg's filters `lutrgb` and `colorchannelmixer`, which every
 * build has. The curves are those of ITU-R BT.2100 (PQ and HLG), the mapping is the EETF of BT.2390 in each channel, and
 * light is counted as BT.2408 does: white of 203 cd/m² becomes an ordinary screen's white.
 */

/** Light of ordinary white, in cd/m². */
const WHITE_NITS = 203;
/** The brightest light that is told from brighter ones: what most films are mastered for. */
const PEAK_NITS = 1000;
/** PQ's code 1. */
const PQ_NITS = 10_000;
/** Of an ordinary screen (BT.1886). */
const SCREEN_GAMMA = 2.4;

// SMPTE ST 2084
const M1 = 2610 / 16_384;
const M2 = (2523 / 4096) * 128;
const C1 = 3424 / 4096;
const C2 = (2413 / 4096) * 32;
const C3 = (2392 / 4096) * 32;

/** PQ's code, 0 … 1, of a light in cd/m². */
function pqOf(nits: number): number {
  const power = (nits / PQ_NITS) ** M1;
  return ((C1 + C2 * power) / (1 + C3 * power)) ** M2;
}

const PEAK = pqOf(PEAK_NITS);
const WHITE = pqOf(WHITE_NITS) / PEAK;
const KNEE = 1.5 * WHITE - 0.5;
/** BT.2390's spline between knee and peak, t from 0 to 1 in register 1. */
const SPLINE = `(2*pow(ld(1),3)-3*pow(ld(1),2)+1)*${KNEE}+(pow(ld(1),3)-2*pow(ld(1),2)+ld(1))*${1 - KNEE}+(3*pow(ld(1),2)-2*pow(ld(1),3))*${WHITE}`;

/** Share of ordinary white that is shown for a code of PQ, all of it expressions of ffmpeg. */
const shownLight = (pqCode: string) =>
  [
    `st(0,min(1,(${pqCode})/${PEAK}))`,
    `st(1,(ld(0)-${KNEE})/${1 - KNEE})`,
    `st(2,pow(if(lt(ld(0),${KNEE}),ld(0),${SPLINE})*${PEAK},${1 / M2}))`,
    `st(3,min(1,pow(max(0,ld(2)-${C1})/(${C2}-${C3}*ld(2)),${1 / M1})*${PQ_NITS / WHITE_NITS}))`,
  ].join(';');

// BT.2100, HLG
const A = 0.17883277;
const B = 1 - 4 * A;
const C = 0.5 - A * Math.log(4 * A);
/** What a screen of PEAK_NITS does with light as the camera saw it: (light of a pixel)^0.2 times each channel. */
const SYSTEM_GAMMA = 1.2;

const CODE = 'val/maxval';
const ON_SCREEN = `maxval*pow(${CODE},${1 / SCREEN_GAMMA})`;
const CAMERA_LIGHT = `if(lte(${CODE},0.5),pow(${CODE},2)/3,(exp((${CODE}-${C})/${A})+${B})/12)`;
const PQ_OF_CAMERA_LIGHT = `st(0,pow(${CODE},${SYSTEM_GAMMA * M1})*${(PEAK_NITS / PQ_NITS) ** M1});pow((${C1}+${C2}*ld(0))/(1+${C3}*ld(0)),${M2})`;

type Matrix = readonly (readonly [number, number, number])[];

/** Of light: BT.2020's primaries to BT.709's (BT.2087). */
const TO_709: Matrix = [
  [1.6605, -0.5876, -0.0728],
  [-0.1246, 1.1329, -0.0083],
  [-0.0182, -0.1006, 1.1187],
];
/** Luminance of BT.709's primaries. */
const LUMINANCE = [0.2126, 0.7152, 0.0722] as const;

/**
 * A power of each channel by itself deepens colours. Brought towards grey before, they come out nearly as a power of their
 * luminance leaves them: pale ones by a sixth (1 − 1 / SYSTEM_GAMMA), deep ones by less. With an eighth the saturation of
 * drawn films is off by 9 % at most (`viewing.test.ts`), where it was 20 % too high.
 */
const PALER_BY = 1 / 8;
const PALER: Matrix = [0, 1, 2].map((row) =>
  LUMINANCE.map((weight, column) => weight * PALER_BY + (row === column ? 1 - PALER_BY : 0)),
) as unknown as Matrix;

/** Tables for each channel before and after the primaries are changed: light in 14 bits, then codes of the screen. */
const STEPS = {
  PQ: { light: `${shownLight(CODE)};maxval*ld(3)`, primaries: TO_709, screen: ON_SCREEN },
  HLG: {
    light: `maxval*(${CAMERA_LIGHT})`,
    primaries: product(PALER, TO_709),
    screen: `${shownLight(PQ_OF_CAMERA_LIGHT)};maxval*pow(ld(3),${1 / SCREEN_GAMMA})`,
  },
} as const;

function product(left: Matrix, right: Matrix): Matrix {
  return left.map((row) =>
    [0, 1, 2].map((column) => row.reduce((sum, value, k) => sum + value * right[k]![column]!, 0)),
  ) as unknown as Matrix;
}

const CHANNELS = ['r', 'g', 'b'];
const table = (expression: string) =>
  `lutrgb=${CHANNELS.map((channel) => `${channel}='${expression}'`).join(':')}`;
const mixer = (matrix: Matrix) =>
  `colorchannelmixer=${CHANNELS.flatMap((to, row) => CHANNELS.map((from, column) => `${to}${from}=${matrix[row]![column]!.toFixed(5)}`)).join(':')}`;

/**
 * Filters that take pictures of a high dynamic range to RGB as an ordinary screen shows it.
 *
 * 14 bits hold light to a quarter of an 8-bit level from level 20 on; tables of 16 bits take ffmpeg four times as long to
 * fill.
 *
 * @param scaling the arguments of `scale` that give the pictures their size, in which all of it happens
 */
export function toneMapping(range: 'PQ' | 'HLG', scaling: string): string {
  const { light, primaries, screen } = STEPS[range];
  return [
    `scale=${scaling}:in_color_matrix=bt2020`,
    'format=gbrp14le',
    table(light),
    mixer(primaries),
    table(screen),
  ].join(',');
}
