import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { makeDataFolder } from './catalog/data-folder.js';
import { probeDatabase } from './catalog/database.js';
import { choosePack } from './chosen-pack.js';
import type { Config } from './config.js';
import { chooseEngine } from './discovery/engine-choice.js';
import type { Statements } from './discovery/restriction.js';
import { asFailure } from './failure.js';
import { DEVICES, type Device, probeDevices } from './inference/devices.js';
import { usableCores, usableMemory } from './inference/machine.js';
import { verifyPack } from './inference/packs.js';
import { createLogger } from './log.js';
import { findFfmpeg, onPath } from './media/ffmpeg.js';

const OLDEST_NODE = [20, 19] as const;
const GIBIBYTE = 1024 ** 3;
/** A fresh database takes 0.1 GiB; uploads and downloads of 2 GiB each may come on top. */
const FREE_BYTES = 5 * GIBIBYTE;
const PROGRAM_TIMEOUT_MILLISECONDS = 10_000;

export interface Check {
  name: string;
  /** Null: it is not there, and nothing needs it. */
  ok: boolean | null;
  /** What is there, or what is wrong. */
  found: string;
  /** What to do; null where nothing needs doing. */
  fix: string | null;
}

/** What the machine has and lacks. Starts and stops the embedded database; changes nothing in any database. */
export async function doctor(config: Config): Promise<{ checks: Check[] }> {
  const checks = await Promise.all([
    checkNode(),
    check('ffmpeg', async () => {
      const { ffmpeg, version } = await findFfmpeg();
      return `${version} (${ffmpeg})`;
    }),
    check('ffprobe', async () => (await findFfmpeg()).ffprobe),
    check('data folder', () => describeFolder(config.dataFolder)),
    checkSpace(config.dataFolder),
    check('database', () => describeDatabase(config)),
    check('pack', () => describePack(config)),
    check('machine', async () => describeMachine()),
    ...(await checkDevices(config)),
    checkYtDlp(),
  ]);
  return { checks };
}

/** A failure's own sentence says what is wrong and, behind its colon, what to do. */
async function check(name: string, find: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, found: await find(), fix: null };
  } catch (error) {
    const { message } = asFailure(error);
    const [, found, fix] = /^(.*?)[:.] (.+)$/.exec(message) ?? [];
    return { name, ok: false, found: found ?? message, fix: fix ?? null };
  }
}

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const fix = ok ? null : `Install Node ${OLDEST_NODE.join('.')} or newer from https://nodejs.org.`;
  return { name: 'node', ok, found: process.versions.node, fix };
}

async function describeFolder(folder: string): Promise<string> {
  await makeDataFolder(folder);
  return `${folder} can be written`;
}

async function checkSpace(folder: string): Promise<Check> {
  const { bavail, bsize } = await statfs(folder).catch(() => statfs('/'));
  const free = bavail * bsize;
  const ok = free >= FREE_BYTES;
  return {
    name: 'disk space',
    ok,
    found: `${(free / GIBIBYTE).toFixed(1)} GiB free`,
    fix: ok ? null : `Free some space: ${FREE_BYTES / GIBIBYTE} GiB leave room for trailers.`,
  };
}

/** With what would search vectors there. */
function describeDatabase(config: Config): Promise<string> {
  const look = async (client: Statements) => (await chooseEngine(client, config.vectors)).reason;
  return probeDatabase(config, createLogger('silent'), look);
}

async function describePack(config: Config): Promise<string> {
  const { identity, reason, encoderThreads } = await choosePack({ ...config, device: 'cpu' });
  if (identity.files.id === 'full') {
    const names = [...identity.encoders, identity.recogniser].filter(Boolean).join(', ');
    return `full, ${encoderThreads} set of sessions: ${names}`;
  }
  const { version, files } = await verifyPack(identity.files.folder);
  return `compact ${version}, ${Object.keys(files).length} files as their manifest says (${reason})`;
}

function describeMachine(): string {
  const gibibytes = (usableMemory() / GIBIBYTE).toFixed(1);
  return `${usableCores()} cores (${cpus()[0]?.model ?? 'unknown model'}), ${gibibytes} GiB of memory`;
}

/** Each device with what running a small graph on it showed; only one that was asked for has to work. */
async function checkDevices({ device: wanted }: Config): Promise<Check[]> {
  const probes = await probeDevices(DEVICES);
  return probes.map(({ device, works, detail }) => {
    const isNeeded = device === wanted || device === 'cpu';
    return {
      name: device,
      ok: works || (isNeeded ? false : null),
      found: works ? `works: a small graph ran in ${detail}` : `does not work here: ${detail}`,
      fix: works || !isNeeded ? null : REMEDIES[device],
    };
  });
}

const REMEDIES: Record<Device, string> = {
  cuda: 'Install CUDA and cuDNN with ONNX Runtime’s CUDA libraries (docker/Dockerfile.cuda has them), or set MARQUEE_DEVICE=auto.',
  webgpu: 'Install a Vulkan driver for the graphics card, or set MARQUEE_DEVICE=auto.',
  cpu: 'Run npm ci: onnxruntime-node does not run on this machine as it is installed.',
};

/** Only trailers on YouTube need it, and there are fallbacks. */
async function checkYtDlp(): Promise<Check> {
  const file = await onPath('yt-dlp');
  const version =
    file &&
    (await promisify(execFile)(file, ['--version'], { timeout: PROGRAM_TIMEOUT_MILLISECONDS }).catch(
      () => null,
    ));
  const found = version
    ? `${version.stdout.trim()} (${file})`
    : 'not there; only trailers on YouTube would need it';
  return { name: 'yt-dlp', ok: version ? true : null, found, fix: null };
}
