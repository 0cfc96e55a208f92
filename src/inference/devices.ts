import { ThreadPool } from './threads.js';

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

export type ProbeTasks = { probe(input: Device): Promise<DeviceProbe> };

/** Runs a small graph on each of the devices, one after the other in a worker thread. */
export async function probeDevices(devices: readonly Device[]): Promise<DeviceProbe[]> {
  const threads = new ThreadPool<ProbeTasks>(threadEntry(), 1);
  try {
    const probes: DeviceProbe[] = [];
    for (const device of devices) {
      const died = (error: Error): DeviceProbe => ({ device, works: false, detail: error.message });
      probes.push(await threads.run('probe', device).catch(died));
    }
    return probes;
  } finally {
    await threads.close();
  }
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

/** Threads run the built code, also when this file runs from its TypeScript source in a test. */
function threadEntry(): URL {
  return new URL('./device-thread.js', import.meta.url.replace('/src/inference/', '/dist/inference/'));
}
