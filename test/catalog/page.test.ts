import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf, pageRequest } from '../../src/catalog/page.js';

const value = fc.oneof(
  fc.string().filter((text) => !text.includes('\0')),
  fc.integer(),
  fc.constant(null),
);

describe('a cursor', () => {
  it('brings back the place that it was made of', () => {
    fc.assert(
      fc.property(value, fc.uuid(), (sorted, id) => {
        const place = { value: sorted, id };
        expect(decodeCursor('NAME ASC', encodeCursor('NAME ASC', place))).toEqual(place);
      }),
    );
  });

  it('is refused in another order', () => {
    const cursor = encodeCursor('NAME ASC', { value: 'a', id: 'title_1' });
    expect(() => decodeCursor('NAME DESC', cursor)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', path: ['after'] }),
    );
  });

  it('is refused with one clear failure, whatever text it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor('NAME ASC', text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
      }),
    );
  });
});

describe('a page', () => {
  it('has 1 to 100 rows', () => {
    expect(pageRequest(100, null)).toEqual({ first: 100, after: null });
    for (const first of [0, -1, 101, 1.5]) {
      expect(() => pageRequest(first, null)).toThrow(
        expect.objectContaining({ code: 'BAD_INPUT', path: ['first'] }),
      );
    }
  });

  it('tells of more exactly when one row more than asked for was found', () => {
    const request = { first: 2, after: null };
    expect(pageOf([1, 2, 3], request, String)).toMatchObject({ rows: [1, 2], hasNextPage: true });
    expect(pageOf([1, 2], request, String)).toMatchObject({ rows: [1, 2], hasNextPage: false });
  });
});
