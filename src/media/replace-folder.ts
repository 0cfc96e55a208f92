import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';

/** Others may put their own folder there between our two steps, but not this often. */
const MAX_TRIES = 20;

/**
 * Fills a folder of its own and puts it at `target` in one step, whatever is there and whoever else does the same:
 * the last one stays, whole. Where `fill` fails, `target` is as it was, and nothing else is left.
 * @throws what `fill` throws
 */
export async function replaceFolder<T>(target: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const own = `${target}-${randomUUID()}.tmp`;
  await mkdir(own, { recursive: true });
  try {
    const result = await fill(own);
    await moveOver(own, target);
    return result;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** A folder with something in it cannot be renamed over, so it is moved away first. */
async function moveOver(own: string, target: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const old = `${target}-${randomUUID()}.tmp`;
    await rename(target, old).catch(ignore('ENOENT'));
    await rm(old, { recursive: true, force: true });
    try {
      await rename(own, target);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
      ignore('ENOTEMPTY', 'EEXIST')(error);
    }
  }
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
}
