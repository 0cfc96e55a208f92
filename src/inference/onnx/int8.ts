/** int8 is used from −127 to 127, so that the scale is the same on both sides of zero. */
const LEVELS = 127;

export interface Quantised {
  data: Int8Array;
  /** One a column: value ≈ data × scale. */
  scales: Float32Array;
}

/**
 * Symmetric int8 with one scale a column, the largest magnitude of a column at ±127.
 * @param data row-major (rows, columns)
 */
export function quantiseColumns(data: Float32Array, columns: number): Quantised {
  const scales = new Float32Array(columns);
  for (let i = 0, c = 0; i < data.length; i++) {
    const size = Math.abs(data[i]!);
    if (size > scales[c]!) scales[c] = size;
    if (++c === columns) c = 0;
  }
  const steps = Float64Array.from(scales, (largest) => (largest > 0 ? LEVELS / largest : 0));
  const quantised = new Int8Array(data.length);
  for (let i = 0, c = 0; i < data.length; i++) {
    quantised[i] = Math.round(data[i]! * steps[c]!);
    if (++c === columns) c = 0;
  }
  return { data: quantised, scales: scales.map((largest) => (largest > 0 ? largest / LEVELS : 1)) };
}
