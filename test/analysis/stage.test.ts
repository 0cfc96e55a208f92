import { describe, expect, it } from 'vitest';
import { overallProgress, STAGES, stageVersion } from '../../src/analysis/stage.js';
import { unlessAborted } from '../../src/analysis/turns.js';

describe('progress over the stages', () => {
  it('runs from 0 to 1 without a jump: each stage begins where the one before it ended', () => {
    let end = 0;
    for (const { name } of STAGES) {
      expect(overallProgress(name, 0)).toBeCloseTo(end, 12);
      expect(overallProgress(name, 0.5)).toBeGreaterThan(end);
      end = overallProgress(name, 1);
    }
    expect(end).toBeCloseTo(1, 12);
  });

  it('stays within the stage when a step reports more than all of it', () => {
    expect(overallProgress('PROBE', 7)).toBe(overallProgress('PROBE', 1));
  });
});

describe('a stage version', () => {
  it('changes with the stage’s own number and with each thing that it depends on', () => {
    const base = stageVersion('EMBED', '1', 'text@a', 'picture@b');
    expect(stageVersion('EMBED', '1', 'text@a', 'picture@b')).toBe(base);
    const others = [
      stageVersion('EMBED', '2', 'text@a', 'picture@b'),
      stageVersion('EMBED', '1', 'text@a', 'picture@c'),
      stageVersion('EMBED', '1', 'text@a'),
      stageVersion('EMBED', '1', 'text@apicture@b'),
    ];
    expect(new Set([base, ...others]).size).toBe(5);
  });
});

describe('work that cannot be interrupted', () => {
  const forever = new Promise<never>(() => {});

  it('is given up as soon as its analysis is stopped, and no sooner', async () => {
    const controller = new AbortController();
    expect(await unlessAborted(Promise.resolve('done'), controller.signal)).toBe('done');
    const given = unlessAborted(forever, controller.signal);
    controller.abort('CANCEL');
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is not waited for when its analysis was stopped before', async () => {
    const failing = Promise.reject(new Error('ended unheard'));
    await expect(unlessAborted(failing, AbortSignal.abort('SHUTDOWN'))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
