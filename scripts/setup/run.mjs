import { spawn } from 'node:child_process';
import { root } from './folders.mjs';

/** The longest step is npm ci over a slow network. */
const TIMEOUT_MILLISECONDS = 15 * 60_000;

/**
 * Runs a program in the clone, without a word unless it fails.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {Record<string, string>} [extraEnvironment]
 * @returns {Promise<string | null>} null when it succeeded, else what it printed
 */
export function run(file, args, extraEnvironment = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...extraEnvironment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MILLISECONDS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => resolve(`${file} could not be started: ${error.message}`));
    child.once('close', (status, signal) => {
      resolve(status === 0 ? null : output.trim() || `${file} ended with ${signal ?? `status ${status}`}.`);
    });
  });
}
