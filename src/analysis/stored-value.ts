import { vectorBytes, vectorFromBytes } from '../catalog/vector-bytes.js';
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
