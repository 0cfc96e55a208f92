/** Points of the transform: Whisper's frame of 25 ms at 16 kHz. */
export const POINTS = 400; // 4 · 4 · 5 · 5

const COS = Float64Array.from({ length: POINTS }, (_, i) => Math.cos((2 * Math.PI * i) / POINTS));
const SIN = Float64Array.from({ length: POINTS }, (_, i) => -Math.sin((2 * Math.PI * i) / POINTS));

const COS_72 = Math.cos((2 * Math.PI) / 5);
const COS_144 = Math.cos((4 * Math.PI) / 5);
const SIN_72 = Math.sin((2 * Math.PI) / 5);
const SIN_144 = Math.sin((4 * Math.PI) / 5);

const spareReal = new Float64Array(POINTS);
const spareImaginary = new Float64Array(POINTS);

/**
 * The discrete Fourier transform of 400 complex numbers, in place and without padding to a power of two: Whisper's
 * bins lie at multiples of 40 Hz. Stockham's self-sorting form (Cochran et al. 1967) with two passes of radix 4
 * and two of radix 5.
 */
export function transform(real: Float64Array, imaginary: Float64Array): void {
  fourfold(real, imaginary, spareReal, spareImaginary, 1);
  fourfold(spareReal, spareImaginary, real, imaginary, 4);
  fivefold(real, imaginary, spareReal, spareImaginary, 16);
  fivefold(spareReal, spareImaginary, real, imaginary, 80);
}

/** One pass of radix 4; `stride` is the product of the radices before it. */
function fourfold(
  fromReal: Float64Array,
  fromImaginary: Float64Array,
  toReal: Float64Array,
  toImaginary: Float64Array,
  stride: number,
): void {
  const quarter = POINTS / 4;
  const blocks = quarter / stride;
  for (let block = 0; block < blocks; block++) {
    const turn = block * stride;
    const c1 = COS[turn]!;
    const s1 = SIN[turn]!;
    const c2 = COS[2 * turn]!;
    const s2 = SIN[2 * turn]!;
    const c3 = COS[3 * turn]!;
    const s3 = SIN[3 * turn]!;
    for (let lane = 0; lane < stride; lane++) {
      const from = lane + turn;
      const ar = fromReal[from]!;
      const ai = fromImaginary[from]!;
      const br = fromReal[from + quarter]!;
      const bi = fromImaginary[from + quarter]!;
      const cr = fromReal[from + 2 * quarter]!;
      const ci = fromImaginary[from + 2 * quarter]!;
      const dr = fromReal[from + 3 * quarter]!;
      const di = fromImaginary[from + 3 * quarter]!;
      const sumAcR = ar + cr;
      const sumAcI = ai + ci;
      const gapAcR = ar - cr;
      const gapAcI = ai - ci;
      const sumBdR = br + dr;
      const sumBdI = bi + di;
      const gapBdR = br - dr;
      const gapBdI = bi - di;
      const to = lane + 4 * turn;
      toReal[to] = sumAcR + sumBdR;
      toImaginary[to] = sumAcI + sumBdI;
      const oneR = gapAcR + gapBdI;
      const oneI = gapAcI - gapBdR;
      toReal[to + stride] = oneR * c1 - oneI * s1;
      toImaginary[to + stride] = oneR * s1 + oneI * c1;
      const twoR = sumAcR - sumBdR;
      const twoI = sumAcI - sumBdI;
      toReal[to + 2 * stride] = twoR * c2 - twoI * s2;
      toImaginary[to + 2 * stride] = twoR * s2 + twoI * c2;
      const threeR = gapAcR - gapBdI;
      const threeI = gapAcI + gapBdR;
      toReal[to + 3 * stride] = threeR * c3 - threeI * s3;
      toImaginary[to + 3 * stride] = threeR * s3 + threeI * c3;
    }
  }
}

/** One pass of radix 5; `stride` is the product of the radices before it. */
function fivefold(
  fromReal: Float64Array,
  fromImaginary: Float64Array,
  toReal: Float64Array,
  toImaginary: Float64Array,
  stride: number,
): void {
  const fifth = POINTS / 5;
  const blocks = fifth / stride;
  for (let block = 0; block < blocks; block++) {
    const turn = block * stride;
    for (let lane = 0; lane < stride; lane++) {
      const from = lane + turn;
      const ar = fromReal[from]!;
      const ai = fromImaginary[from]!;
      const outerR = fromReal[from + fifth]! + fromReal[from + 4 * fifth]!;
      const outerI = fromImaginary[from + fifth]! + fromImaginary[from + 4 * fifth]!;
      const outerGapR = fromReal[from + fifth]! - fromReal[from + 4 * fifth]!;
      const outerGapI = fromImaginary[from + fifth]! - fromImaginary[from + 4 * fifth]!;
      const innerR = fromReal[from + 2 * fifth]! + fromReal[from + 3 * fifth]!;
      const innerI = fromImaginary[from + 2 * fifth]! + fromImaginary[from + 3 * fifth]!;
      const innerGapR = fromReal[from + 2 * fifth]! - fromReal[from + 3 * fifth]!;
      const innerGapI = fromImaginary[from + 2 * fifth]! - fromImaginary[from + 3 * fifth]!;

      const near1R = ar + COS_72 * outerR + COS_144 * innerR;
      const near1I = ai + COS_72 * outerI + COS_144 * innerI;
      const far1R = SIN_72 * outerGapI + SIN_144 * innerGapI;
      const far1I = -(SIN_72 * outerGapR + SIN_144 * innerGapR);
      const near2R = ar + COS_144 * outerR + COS_72 * innerR;
      const near2I = ai + COS_144 * outerI + COS_72 * innerI;
      const far2R = SIN_144 * outerGapI - SIN_72 * innerGapI;
      const far2I = -(SIN_144 * outerGapR - SIN_72 * innerGapR);

      const to = lane + 5 * turn;
      toReal[to] = ar + outerR + innerR;
      toImaginary[to] = ai + outerI + innerI;
      turned(toReal, toImaginary, to + stride, near1R + far1R, near1I + far1I, turn);
      turned(toReal, toImaginary, to + 2 * stride, near2R + far2R, near2I + far2I, 2 * turn);
      turned(toReal, toImaginary, to + 3 * stride, near2R - far2R, near2I - far2I, 3 * turn);
      turned(toReal, toImaginary, to + 4 * stride, near1R - far1R, near1I - far1I, 4 * turn);
    }
  }
}

/** Writes a number turned by `turn` steps of the unit circle. */
function turned(
  toReal: Float64Array,
  toImaginary: Float64Array,
  to: number,
  real: number,
  imaginary: number,
  turn: number,
): void {
  const c = COS[turn]!;
  const s = SIN[turn]!;
  toReal[to] = real * c - imaginary * s;
  toImaginary[to] = real * s + imaginary * c;
}
