/** Samples a frame: 32 ms at 16 kHz. */
export const FRAME = 512;
/** Samples from frame to frame: 16 ms at 16 kHz. */
export const HOP = 256;
/** Power values a frame, 0 Hz to half the sample rate. */
export const BINS = FRAME / 2 + 1;

const HALF = FRAME / 2;
const WINDOW = Float64Array.from(
  { length: FRAME },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME),
); // Hann
const COS = Float64Array.from({ length: FRAME }, (_, i) => Math.cos((2 * Math.PI * i) / FRAME));
const SIN = Float64Array.from({ length: FRAME }, (_, i) => Math.sin((2 * Math.PI * i) / FRAME));
const REVERSED = Uint16Array.from({ length: HALF }, (_, i) => {
  let reversed = 0;
  for (let bit = 1, from = i; bit < HALF; bit <<= 1, from >>= 1) reversed = (reversed << 1) | (from & 1);
  return reversed;
});

/** What the second and later passes turn by, in the order in which it is read. */
const PASSES = Array.from({ length: Math.log2(HALF) - 1 }, (_, pass) => {
  const half = 2 << pass;
  const step = FRAME / (2 * half);
  const every = (table: Float64Array) => Float64Array.from({ length: half }, (_, i) => table[i * step]!);
  return { half, cos: every(COS), sin: every(SIN) };
});

/** How many whole frames the samples hold. */
export function frameCount(samples: Float32Array): number {
  return samples.length < FRAME ? 0 : Math.floor((samples.length - FRAME) / HOP) + 1;
}

/**
 * The power spectrum of each frame of 512 Hann-windowed samples, 256 apart, handed to `visit` one after the
 * other in the same array of BINS numbers. A full-scale sine puts 1/4 · (Σ window)² into its bin.
 */
export function forEachSpectrum(
  samples: Float32Array,
  visit: (power: Float64Array, frame: number) => void,
): void {
  const real = new Float64Array(HALF);
  const imaginary = new Float64Array(HALF);
  const power = new Float64Array(BINS);
  const frames = frameCount(samples);
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * HOP;
    for (let i = 0; i < HALF; i++) {
      const to = REVERSED[i]!;
      real[to] = samples[start + 2 * i]! * WINDOW[2 * i]!;
      imaginary[to] = samples[start + 2 * i + 1]! * WINDOW[2 * i + 1]!;
    }
    transform(real, imaginary);
    splitPower(real, imaginary, power);
    visit(power, frame);
  }
}

/** Radix-2 Fourier transform in place of HALF complex numbers in bit-reversed order. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  for (let a = 0; a < HALF; a += 2) {
    const re = real[a + 1]!; // the first pass turns by nothing
    const im = imaginary[a + 1]!;
    real[a + 1] = real[a]! - re;
    imaginary[a + 1] = imaginary[a]! - im;
    real[a]! += re;
    imaginary[a]! += im;
  }
  for (const { half, cos, sin } of PASSES) {
    for (let start = 0; start < HALF; start += 2 * half) {
      for (let i = 0, a = start, b = start + half; i < half; i++, a++, b++) {
        const c = cos[i]!;
        const s = sin[i]!;
        const re = real[b]! * c + imaginary[b]! * s;
        const im = imaginary[b]! * c - real[b]! * s;
        real[b] = real[a]! - re;
        imaginary[b] = imaginary[a]! - im;
        real[a]! += re;
        imaginary[a]! += im;
      }
    }
  }
}

/** Power of the real signal's spectrum, from the transform of its even samples as real and odd ones as imaginary. */
function splitPower(real: Float64Array, imaginary: Float64Array, power: Float64Array): void {
  for (let k = 0; k <= HALF; k++) {
    const here = k % HALF;
    const mirror = (HALF - k) % HALF;
    const evenRe = (real[here]! + real[mirror]!) / 2;
    const evenIm = (imaginary[here]! - imaginary[mirror]!) / 2;
    const oddRe = (imaginary[here]! + imaginary[mirror]!) / 2;
    const oddIm = (real[mirror]! - real[here]!) / 2;
    const c = k === HALF ? -1 : COS[k]!;
    const s = k === HALF ? 0 : SIN[k]!;
    const re = evenRe + oddRe * c + oddIm * s;
    const im = evenIm + oddIm * c - oddRe * s;
    power[k] = re * re + im * im;
  }
}
