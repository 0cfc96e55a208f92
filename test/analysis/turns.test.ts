import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/analysis/turns.js';

const forever = new AbortController().signal;

/** Work that ends when it is told to. */
function openWork() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, ended };
}

describe('turns', () => {
  it('come one after the other for one thing, and at once for another', async () => {
    const turns = new Turns();
    const first = openWork();
    const seen: string[] = [];
    const a = turns.take('film', forever, () => first.ended.then(() => seen.push('first')));
    const b = turns.take('film', forever, async () => seen.push('second'));
    await turns.take('another film', forever, async () => seen.push('another'));
    first.end();
    await Promise.all([a, b]);
    expect(seen).toEqual(['another', 'first', 'second']);
  });

  it('that are given up while they wait end at once, and those behind them still wait', async () => {
    const turns = new Turns();
    const first = openWork();
    const seen: string[] = [];
    const a = turns.take('film', forever, () => first.ended.then(() => seen.push('first')));
    const impatient = new AbortController();
    const b = turns.take('film', impatient.signal, async () => seen.push('never'));
    const c = turns.take('film', forever, async () => seen.push('third'));
    impatient.abort();
    await expect(b).rejects.toMatchObject({ code: 'CANCELLED' });
    first.end();
    await Promise.all([a, c]);
    expect(seen).toEqual(['first', 'third']);
  });

  it('go on behind work that failed', async () => {
    const turns = new Turns();
    const failing = turns.take('film', forever, () => Promise.reject(new Error('no')));
    const next = turns.take('film', forever, async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});
