import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import type { FetchedTrailer, TrailerSource } from './source.js';
import { fetchPath } from './source-path.js';
import { fetchUpload, type StoredUpload } from './source-upload.js';

export interface FetchOptions {
  /** Absolute folders; a local path outside them is refused. */
  mediaRoots: string[];
  /** Downloads land here, named by their sha256. */
  storeFolder: string;
  findUpload(id: string): Promise<StoredUpload | null>;
  limits: Config['limits'];
  signal: AbortSignal;
  /** Share done, 0 … 1, where the size is known. */
  progress?(share: number): void;
}

/**
 * Brings a trailer onto this machine's disk.
 * @throws Failure a code of "where a trailer comes from", BAD_INPUT, NOT_FOUND, CANCELLED, DISK_FULL
 */
export function fetchTrailer(source: TrailerSource, options: FetchOptions): Promise<FetchedTrailer> {
  switch (source.kind) {
    case 'PATH':
      return fetchPath(source.path, options);
    case 'UPLOAD':
      return fetchUpload(source.uploadId, options.findUpload);
    case 'URL':
      return Promise.reject(new Failure('URL_INVALID', 'Addresses are not fetched yet. Upload the file.'));
  }
}
