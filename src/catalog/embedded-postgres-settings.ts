import { usableMemory } from '../inference/machine.js';

const MEBIBYTE = 2 ** 20;
/** Of the memory that Marquee may use. The operating system's cache serves what this one has not. */
const CACHE_SHARE = 1 / 16;
/** PostgreSQL's own default, and a size that holds what changes of 100,000 titles when they are tagged anew. */
const CACHE_MEBIBYTES = { least: 128, most: 1024 };

/**
 * What the embedded server is told of its machine; everything else is PostgreSQL's default. Its cache takes memory only
 * as far as it is filled (docs/decisions/059).
 * @param memory bytes that may be used
 */
export function machineSettings(memory = usableMemory()): Record<string, string> {
  const share = Math.floor((memory * CACHE_SHARE) / MEBIBYTE);
  const cache = Math.min(CACHE_MEBIBYTES.most, Math.max(CACHE_MEBIBYTES.least, share));
  return {
    shared_buffers: `${cache}MB`,
    // A page that changes is written whole after each checkpoint; log of this size brings one.
    max_wal_size: '2GB',
  };
}
