import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a graph can run on: `webgpu` comes with onnxruntime-node, `cuda` needs its libraries on the machine. */
export const DEVICES = ['cuda', 'webgpu', 'cpu'] as const;
export type Device = (typeof DEVICES)[number];

/** What running a small graph on a device showed. */
export interface DeviceProbe {
  device: Device;
  works: boolean;
  /** Milliseconds of the run, or why there was none. */
  detail: string;
}

export interface DeviceChoice {
  device: Device;
  /** One sentence for the log. */
  reason: string;
  /** Whether another device than the wanted one had to be taken. */
  isFallback: boolean;
}

/** Loading CUDA's libraries for the first time takes some ten seconds. */
const PROBE_TIMEOUT_MILLISECONDS = 60_000;

/** Runs a small graph on each of the devices, one after the other. */
export async function probeDevices(devices: readonly Device[]): Promise<DeviceProbe[]> {
  const probes: DeviceProbe[] = [];
  for (const device of devices) probes.push(await probeDevice(device));
  return probes;
}

/**
 * In a process of its own: a driver that crashes takes nothing else down, and what drivers write to standard error
 * does not stand among the lines of whoever asked.
 */
function probeDevice(device: Device): Promise<DeviceProbe> {
  const argv = [fileURLToPath(probeEntry()), device];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { timeout: PROBE_TIMEOUT_MILLISECONDS }, (error, stdout) => {
      if (!error) return resolve(JSON.parse(stdout.trimEnd().split('\n').at(-1)!));
      const detail = `the probe ended with ${error.signal ?? `code ${error.code}`}`;
      resolve({ device, works: false, detail });
    });
  });
}

/** @param probe stands in for `probeDevices` in tests */
export async function chooseDevice(wanted: Device | 'auto', probe = probeDevices): Promise<DeviceChoice> {
  if (wanted === 'cpu') return { device: 'cpu', reason: 'MARQUEE_DEVICE asks for it', isFallback: false };
  const tried = await probe(wanted === 'auto' ? ['cuda', 'webgpu'] : [wanted]);
  const found = tried.find(({ works }) => works);
  if (found) {
    const reason = `a small graph ran on it in ${found.detail}`;
    return { device: found.device, reason, isFallback: false };
  }
  const reasons = tried.map(({ device, detail }) => `${device} does not work here (${detail})`);
  return { device: 'cpu', reason: reasons.join(', '), isFallback: wanted !== 'auto' };
}

/** Processes run the built code, also when this file runs from its TypeScript source in a test. */
function probeEntry(): URL {
  return new URL('./device-probe.js', import.meta.url.replace('/src/inference/', '/dist/inference/'));
}
