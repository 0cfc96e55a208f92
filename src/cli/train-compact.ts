import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../failure.js';
import { trainCompact } from '../tagging/train-compact.js';
import { DATA_FILES } from '../tagging/training-set.js';

const SHIPPED_PACK = fileURLToPath(new URL('../../models/compact', import.meta.url));

/** `marquee train-compact`: learns the pack anew and prints its manifest. @throws Failure SOURCE_NOT_FOUND */
export async function trainCompactCommand(options: { data: string; out?: string }): Promise<void> {
  for (const name of Object.values(DATA_FILES)) await assertReadable(path.join(options.data, name));
  const manifest = await trainCompact({
    dataFolder: path.resolve(options.data),
    outFolder: path.resolve(options.out ?? SHIPPED_PACK),
    report: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
}

async function assertReadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause) => {
    const names = Object.values(DATA_FILES).join(' and ');
    throw new Failure(
      'SOURCE_NOT_FOUND',
      `There is no file ${file} that can be read: name the folder of ${names} with --data.`,
      { cause },
    );
  });
}
