/**
 * Stage results as JSON: plain values, with each Float32Array written as `{ "float32": base64 }` (little-endian).
 * Exact: what is read is bit for bit what was written.
 */
export type StoredValue = string | number | boolean | null | StoredValue[] | { [key: string]: StoredValue };

export function toStored(value: unknown): StoredValue {
  if (value instanceof Float32Array) return { float32: vectorBytes(value).toString('base64') };
  if (Array.isArray(value)) return value.map(toStored);
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return Object.fromEntries(entries.map(([key, entry]) => [key, toStored(entry)]));
  }
  return value as StoredValue;
}

export function fromStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromStored);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'float32' && typeof first[1] === 'string') {
    return vectorFromBytes(Buffer.from(first[1], 'base64'));
  }
  return Object.fromEntries(entries.map(([key, entry]) => [key, fromStored(entry)]));
}

/** A vector as the database keeps it: float32, little-endian (every platform that Node runs on is). */
export function vectorBytes(vector: Float32Array): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(vector.byteLength));
  bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  return bytes;
}

export function vectorFromBytes(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer, 0, copy.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
