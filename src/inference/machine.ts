import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';

/** Where Linux says what a container may use. */
const CGROUP = '/sys/fs/cgroup';

/**
 * Cores that this process may keep busy: those it may run on, cut to the cgroup's quota, which
 * `availableParallelism` of Node 20 and ONNX Runtime do not see.
 */
export function usableCores(cgroup = CGROUP): number {
  const quota = quotaOf(read(cgroup, 'cpu.max')) ?? quotaV1(cgroup);
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota ?? Number.POSITIVE_INFINITY)));
}

/** Bytes of memory that this process may use: the machine's, cut to the cgroup's limit. */
export function usableMemory(cgroup = CGROUP): number {
  const limit = read(cgroup, 'memory.max') ?? read(cgroup, 'memory/memory.limit_in_bytes');
  const bytes = Number(limit);
  return limit !== null && Number.isFinite(bytes) ? Math.min(bytes, totalmem()) : totalmem();
}

/** `cpu.max` of version 2: "quota period" in microseconds, or "max period". */
function quotaOf(text: string | null): number | null {
  const [quota, period] = (text ?? '').split(/\s+/).map(Number);
  return quota && period ? quota / period : null;
}

function quotaV1(cgroup: string): number | null {
  const quota = Number(read(cgroup, 'cpu/cpu.cfs_quota_us') ?? -1);
  const period = Number(read(cgroup, 'cpu/cpu.cfs_period_us') ?? 0);
  return quota > 0 && period > 0 ? quota / period : null;
}

function read(cgroup: string, name: string): string | null {
  try {
    return readFileSync(path.join(cgroup, name), 'utf8').trim();
  } catch {
    return null;
  }
}
