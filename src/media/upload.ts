import type { Readable } from 'node:stream';
import { type StoredFile, storeStream } from './store.js';

/**
 * Streams an upload to disk.
 * @throws Failure TOO_LARGE, SOURCE_EMPTY, CANCELLED, DISK_FULL
 */
export function storeUpload(
  stream: Readable,
  options: { storeFolder: string; maxBytes: number; signal: AbortSignal },
): Promise<StoredFile> {
  return storeStream(stream, { ...options, tooLarge: 'TOO_LARGE' });
}
