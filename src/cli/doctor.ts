import { readConfig } from '../config.js';
import { doctor } from '../doctor.js';
import { interruptible } from '../stop-signal.js';

const MARKS = new Map([
  [true, '✔'],
  [false, '✘'],
  [null, '–'],
]);

/** `marquee doctor`: prints every check. @returns whether all that is needed is there */
export async function doctorCommand(options: { json?: boolean }): Promise<boolean> {
  const { checks } = await interruptible(() => doctor(readConfig(process.env)));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ checks }, null, 2)}\n`);
  } else {
    for (const { name, ok, found, fix } of checks) {
      process.stdout.write(`${MARKS.get(ok)} ${name.padEnd(12)} ${found}\n`);
      if (fix) process.stdout.write(`  ${' '.repeat(12)} → ${fix}\n`);
    }
  }
  return checks.every(({ ok }) => ok !== false);
}
