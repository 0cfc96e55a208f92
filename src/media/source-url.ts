import { download } from './download.js';
import type { FetchedTrailer } from './source.js';
import type { Network } from './web-address.js';

/** @throws Failure what `download` throws */
export async function fetchUrl(
  url: string,
  options: {
    network: Network;
    storeFolder: string;
    limits: { downloadBytes: number; downloadSeconds: number };
    signal: AbortSignal;
    progress?(share: number): void;
  },
): Promise<FetchedTrailer> {
  const { limits, ...rest } = options;
  const stored = await download(url, {
    ...rest,
    maxBytes: limits.downloadBytes,
    maxSeconds: limits.downloadSeconds,
  });
  return { ...stored, captions: [] };
}
