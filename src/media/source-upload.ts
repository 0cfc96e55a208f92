import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import type { FetchedTrailer } from './source.js';

/** Where an upload was stored, as the catalog remembers it. */
export interface StoredUpload {
  contentHash: string;
  path: string;
  fileName: string;
}

/** @throws Failure SOURCE_NOT_FOUND */
export async function fetchUpload(
  uploadId: string,
  findUpload: (id: string) => Promise<StoredUpload | null>,
): Promise<FetchedTrailer> {
  const upload = await findUpload(uploadId);
  const found = upload && (await stat(upload.path).catch(() => null));
  if (!upload || !found?.isFile()) {
    throw new Failure(
      'SOURCE_NOT_FOUND',
      'There is no such upload, or its file is gone. Upload the file again.',
    );
  }
  return {
    contentHash: upload.contentHash,
    path: upload.path,
    bytes: found.size,
    name: path.parse(upload.fileName).name,
    captions: [],
  };
}
