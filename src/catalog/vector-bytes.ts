/** A vector as the database keeps it: float32, little-endian (every platform that Node runs on is). */
export function vectorBytes(vector: Float32Array): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(vector.byteLength));
  bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  return bytes;
}

/** A vector out of such bytes, in memory of its own. */
export function vectorFromBytes(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer, 0, copy.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
