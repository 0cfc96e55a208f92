const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/**
 * The bits of the nearest IEEE 754 binary16 (ties to even): 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
 * Beyond ±65,504 the result is the largest finite number: an infinite weight would poison the whole graph.
 */
export function numberToHalf(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7bff; // 65,520 and more
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(float[0]) * 2 ** 24); // below 2⁻¹⁴: subnormal
  const rebased = magnitude - (112 << 23); // bias 127 → 15
  const lower = rebased & 0x1fff;
  const upper = rebased >>> 13;
  const up = lower > 0x1000 || (lower === 0x1000 && (upper & 1) === 1);
  return sign | (up ? upper + 1 : upper);
}

/** IEEE 754 binary16 → number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
