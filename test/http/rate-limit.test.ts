import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/http/rate-limit.js';

describe('the rate limit', () => {
  it("lets a minute's requests through at once, then refuses and says how long to wait", () => {
    const limit = new RateLimit(60, () => 0);
    for (let i = 0; i < 60; i++) limit.take('a');
    expect(() => limit.take('a')).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', message: expect.stringContaining('Wait 1 s') }),
    );
  });

  it('fills again with time, never above one minute', () => {
    let now = 0;
    const limit = new RateLimit(60, () => now);
    for (let i = 0; i < 60; i++) limit.take('a');
    now = 2_000;
    limit.take('a');
    limit.take('a');
    expect(() => limit.take('a')).toThrow();
    now = 3_600_000;
    for (let i = 0; i < 60; i++) limit.take('a');
    expect(() => limit.take('a')).toThrow();
  });

  it('counts each caller apart', () => {
    const limit = new RateLimit(1, () => 0);
    limit.take('a');
    limit.take('b');
    expect(() => limit.take('a')).toThrow();
  });
});
