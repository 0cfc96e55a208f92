import path from 'node:path';
import { decodeTrailer } from '../../src/media/decode.js';
import { probeTrailer } from '../../src/media/probe.js';

const LIMITS = {
  uploadBytes: 0,
  downloadBytes: 0,
  downloadSeconds: 0,
  durationSeconds: 3600,
  requestsPerMinute: 0,
};

/** A film probed and decoded as an analysis does it, in `folder`. */
export async function probeAndDecode(file: string, folder: string, signal: AbortSignal) {
  const facts = await probeTrailer(file, { limits: LIMITS, signal });
  const decoded = await decodeTrailer(
    { path: file, facts, folder: path.join(folder, 'job'), sidecars: [] },
    { signal },
  );
  return { facts, decoded };
}
