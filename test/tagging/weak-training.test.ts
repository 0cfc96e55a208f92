import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawTruth } from '../../src/tagging/training/aim.js';

test('known labels stay what they are, and what is unknown stays unknown', () => {
  const known = fc.array(fc.constantFrom(0, 1, Number.NaN), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(known, (targets) => {
      const expected = targets.map((target) => (Number.isNaN(target) ? 0 : target === 1 ? 1 : -1));
      expect([...drawTruth(Float32Array.from(targets), 1)]).toEqual(expected);
    }),
  );
});

test('soft labels are drawn as often as they say, each label by itself, also where none reaches a half', () => {
  const shares = fc.array(fc.tuple(fc.float({ min: 0, max: 0.4375 }), fc.float({ min: 0, max: 1 })), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(shares, (rows) => {
      if (rows.flat().some(Number.isNaN)) return;
      const drawn = drawTruth(Float32Array.from(rows.flat()), 2);
      for (const label of [0, 1]) {
        const yes = rows.filter((_, i) => drawn[i * 2 + label] === 1).length;
        const sum = rows.reduce((total, row) => total + row[label]!, 0);
        expect(Math.abs(yes - sum)).toBeLessThan(1 + 1e-6);
      }
    }),
  );
});
