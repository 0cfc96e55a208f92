import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromStored, toStored } from '../../src/analysis/stored-value.js';

describe('a stored stage result', () => {
  it('comes back bit for bit, vectors of any float included, through JSON', () => {
    const vector = fc
      .array(fc.float({ noNaN: false }), { maxLength: 40 })
      .map((values) => Float32Array.from(values));
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        vector,
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('node'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, (original) => {
        expect(fromStored(JSON.parse(JSON.stringify(toStored(original))))).toEqual(original);
      }),
    );
  });

  it('leaves undefined entries out, as JSON does', () => {
    expect(toStored({ kept: 1, left: undefined })).toEqual({ kept: 1 });
  });
});
