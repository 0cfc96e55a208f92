import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/tagging/random.js';
import { createLatentKernel } from '../../src/tagging/text-part/latent-kernel.js';

test('the kernel adds up rows of codes and of floats as plain arithmetic does, whatever their width', () => {
  fc.assert(
    fc.property(
      fc.record({
        dimensions: fc.integer({ min: 1, max: 40 }),
        labels: fc.integer({ min: 1, max: 20 }),
        rows: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 12 }),
        seed: fc.nat(),
      }),
      ({ dimensions, labels, rows, seed }) => {
        const random = randomStream(seed);
        const codes = Int8Array.from({ length: 9 * dimensions }, () => Math.floor(random() * 255) - 127);
        const floats = Float32Array.from({ length: dimensions * labels }, () => random() - 0.5);
        const factors = rows.map(() => random() - 0.5);
        const kernel = createLatentKernel(codes, floats, { dimensions, labels });
        // Twice: what an earlier call left must not be in the sum.
        kernel.sumOfCodes([0, 1], [1, 1]);
        const place = kernel.sumOfCodes(rows, factors);
        expect(place).toHaveLength(dimensions);
        place.forEach((value, d) => {
          const sum = rows.reduce((total, row, k) => total + factors[k]! * codes[row * dimensions + d]!, 0);
          expect(value).toBeCloseTo(sum, 2);
        });
        const sums = kernel.sumOfFloats(place);
        expect(sums).toHaveLength(labels);
        sums.forEach((value, j) => {
          const sum = place.reduce((total, part, d) => total + part * floats[d * labels + j]!, 0);
          expect(value).toBeCloseTo(sum, 2);
        });
      },
    ),
  );
});
