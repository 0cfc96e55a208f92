import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A process and not another one that was given its number later: `pid` and when it started, in whatever
 * words the system has for that, as one line.
 */
export type ProcessIdentity = string;

/** @returns null when no such process runs */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await askPs(pid, 'lstart=');
  return started === null ? null : `${pid} ${started}`;
}

/** Whether the process that had this identity still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const pid = Number.parseInt(identity, 10);
  return Number.isInteger(pid) && pid > 0 && (await identityOf(pid)) === identity;
}

/** The command line with its arguments, or null when no such process runs. */
export async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return await askPs(pid, 'command=');
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return line === null ? null : line.replaceAll('\0', ' ').trim();
}

/** Clock ticks since boot (field 22 of proc(5) stat) and the boot's id, as ticks begin anew with each boot. */
async function startOnLinux(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${rest[18]} ${boot.trim()}`.trim();
}

async function askPs(pid: number, column: string): Promise<string | null> {
  const answer = await promisify(execFile)('ps', ['-p', String(pid), '-o', column]).catch(() => null);
  return answer === null || answer.stdout.trim() === '' ? null : answer.stdout.trim();
}
