import { expect, test, vi } from 'vitest';
import { chooseDevice, type Device, type DeviceProbe, probeDevices } from '../../src/inference/devices.js';

/** Devices that work, as if they had been probed. */
const only =
  (...working: Device[]) =>
  async (devices: readonly Device[]): Promise<DeviceProbe[]> =>
    devices.map((device) =>
      working.includes(device)
        ? { device, works: true, detail: '9 ms' }
        : { device, works: false, detail: 'no adapter' },
    );

test('the CPU multiplies a small graph rightly, and every device answers', async () => {
  const probes = await probeDevices(['cuda', 'webgpu', 'cpu']);
  expect(probes.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu']);
  expect(probes[2]).toMatchObject({ works: true, detail: expect.stringMatching(/^\d+ ms$/) });
  for (const { detail } of probes) expect(detail).not.toBe('');
});

test('auto takes the first device that works, CUDA before WebGPU before the CPU', async () => {
  expect(await chooseDevice('auto', only('cuda', 'webgpu'))).toMatchObject({ device: 'cuda' });
  expect(await chooseDevice('auto', only('webgpu'))).toMatchObject({ device: 'webgpu', isFallback: false });
  expect(await chooseDevice('auto', only())).toEqual({
    device: 'cpu',
    reason: 'cuda does not work here (no adapter), webgpu does not work here (no adapter)',
    isFallback: false,
  });
});

test('a device that was asked for and does not work is told, and the CPU taken', async () => {
  expect(await chooseDevice('webgpu', only('cuda'))).toEqual({
    device: 'cpu',
    reason: 'webgpu does not work here (no adapter)',
    isFallback: true,
  });
});

test('for the CPU nothing is probed', async () => {
  const probe = vi.fn(only());
  expect(await chooseDevice('cpu', probe)).toMatchObject({ device: 'cpu', isFallback: false });
  expect(probe).not.toHaveBeenCalled();
});
