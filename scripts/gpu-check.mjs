// Everything to check on a machine with a GPU, in one command:  node scripts/gpu-check.mjs
// Fetches CUDA's libraries for onnxruntime-node where there is an NVIDIA driver, shows which devices work, runs the
// parity tests, and compares VideoMAE on each device that works with the CPU in float32.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup/folders.mjs';

const PARITY = ['text', 'videomae', 'whisper'].map((name) => `test/inference/${name}-parity.test.ts`);
const runtime = path.join(root, 'node_modules', 'onnxruntime-node');
const libraries = path.join(runtime, 'bin', 'napi-v6', process.platform, process.arch);
const hasCuda = () => readdirSync(libraries).some((name) => name.includes('providers_cuda'));

/** Runs a step with this terminal as its own. @returns {boolean} whether it succeeded */
function step(title, command, args, env = {}) {
  process.stderr.write(`\n── ${title}\n`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status === 0;
}

step('Setting up', process.execPath, ['scripts/setup.mjs', '--test']);
if (existsSync('/dev/nvidia0') && !hasCuda()) {
  step('CUDA libraries', process.execPath, [path.join(runtime, 'script', 'install.js')], {
    ONNXRUNTIME_NODE_INSTALL: 'cuda12',
  });
}
// The doctor also fails for what has nothing to do with a GPU: its answer is for reading.
step('Devices', process.execPath, ['dist/cli.js', 'doctor']);
const isRight = step('Parity', process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...PARITY]);
const isMeasured = step('VideoMAE on each device', 'npm', ['run', 'bench', '--', 'devices']);
process.exitCode = isRight && isMeasured ? 0 : 1;
