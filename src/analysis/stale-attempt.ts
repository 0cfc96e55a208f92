/** Thrown when another worker has taken the work: this one must stop, and write nothing. */
export class StaleAttempt extends Error {
  override readonly name = 'StaleAttempt';

  constructor({ id, attempt }: { id: string; attempt: number }) {
    super(`attempt ${attempt} of ${id} is stale`);
  }
}

/** @returns false when the attempt is stale: `write` has written nothing then */
export async function unlessStale(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof StaleAttempt) return false;
    throw error;
  }
}
