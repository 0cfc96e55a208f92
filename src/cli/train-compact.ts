import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainCompact } from '../tagging/train-compact.js';

const SHIPPED_PACK = fileURLToPath(new URL('../../models/compact', import.meta.url));

/** `marquee train-compact`: learns the pack anew and prints its manifest. */
export async function trainCompactCommand(options: { data: string; out?: string }): Promise<void> {
  const manifest = await trainCompact({
    dataFolder: path.resolve(options.data),
    outFolder: path.resolve(options.out ?? SHIPPED_PACK),
    report: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
}
