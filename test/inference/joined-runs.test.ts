import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinedRuns } from '../../src/inference/joined-runs.js';

const MOST = 8;

/** Answers a number with its double and refuses negative ones; keeps what each run was given. */
function doubler(precision: 'float32' | 'int8') {
  const runs: number[][] = [];
  const run = async (requests: readonly number[]) => {
    runs.push([...requests]);
    if (requests.some((request) => request < 0)) throw new Error('a negative number');
    return requests.map((request) => 2 * request);
  };
  return { runs, joined: new JoinedRuns(run, { precision, most: MOST, sizeOf: Math.abs }) };
}

describe('runs that are joined', () => {
  it('answer every caller with its own answer, and no run is larger than allowed unless one request is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 12 }), async (requests) => {
        const { runs, joined } = doubler('float32');
        const answers = await Promise.all(requests.map((request) => joined.ask(request)));
        expect(answers).toEqual(requests.map((request) => 2 * request));
        expect(runs.flat()).toEqual(requests);
        for (const run of runs) {
          const size = run.reduce((sum, request) => sum + request, 0);
          expect(run.length === 1 || size <= MOST).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('take what several callers ask at about the same time into one run', async () => {
    const { runs, joined } = doubler('float32');
    await Promise.all([joined.ask(1), joined.ask(2), Promise.resolve().then(() => joined.ask(3))]);
    expect(runs).toEqual([[1, 2, 3]]);
  });

  it('fail only the request that is at fault', async () => {
    const { joined } = doubler('float32');
    const answers = await Promise.allSettled([joined.ask(1), joined.ask(-1), joined.ask(2)]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[2]).toMatchObject({ value: 4 });
  });

  it('are not joined in int8, where what runs beside a clip would change its vector', async () => {
    const { runs, joined } = doubler('int8');
    await Promise.all([joined.ask(1), joined.ask(2)]);
    expect(runs).toEqual([[1], [2]]);
  });
});
