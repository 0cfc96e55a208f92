import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { usableCores, usableMemory } from '../../src/inference/machine.js';

const root = mkdtempSync(path.join(tmpdir(), 'marquee-cgroup-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function cgroup(name: string, files: Record<string, string>): Promise<string> {
  const folder = path.join(root, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), `${text}\n`);
  }
  return folder;
}

test('a container’s quota cuts the cores, to one at least', async () => {
  const one = await cgroup('one', { 'cpu.max': '150000 100000' });
  const less = await cgroup('less', { 'cpu.max': '20000 100000' });
  const old = await cgroup('old', { 'cpu/cpu.cfs_quota_us': '100000', 'cpu/cpu.cfs_period_us': '100000' });
  expect([usableCores(one), usableCores(less), usableCores(old)]).toEqual([1, 1, 1]);
});

test('a container’s limit cuts the memory, in both versions of cgroups', async () => {
  const second = await cgroup('second', { 'memory.max': '1073741824' });
  const first = await cgroup('first', { 'memory/memory.limit_in_bytes': '536870912' });
  expect([usableMemory(second), usableMemory(first)]).toEqual([2 ** 30, 2 ** 29]);
});

test('without a limit all of the machine may be used', async () => {
  const free = await cgroup('free', { 'cpu.max': 'max 100000', 'memory.max': 'max' });
  for (const folder of [free, path.join(root, 'none')]) {
    expect(usableCores(folder)).toBe(availableParallelism());
    expect(usableMemory(folder)).toBe(totalmem());
  }
});
