import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { CLIP_SIDE, clipFrame, resizedDims, usedRegion } from '../../src/media/clip-frame.js';

/**
 * sha256 of Pillow 12.3's answer: `Image.fromarray(p).resize(size, Image.BILINEAR)` with the shorter side at 224, then
 * the middle 224 × 224; p[y, x, c] = (7 x + 13 y + 31 c + x y) mod 256.
 */
const PILLOW = [
  {
    what: 'wide',
    width: 640,
    height: 360,
    sha: '9a79ab02f016406d2a99fe39162cd30988c339511717e5df5d728b51cc995a6c',
  },
  {
    what: 'tall',
    width: 225,
    height: 500,
    sha: 'cca52ea89913ccbf436d47c5da53735558965d25f655e3859eaaafdcd09dd894',
  },
  {
    what: 'small',
    width: 200,
    height: 150,
    sha: 'fd04a542ea40bce61d26e659441112ee81d0152cf331d913b2948ca8d95990e5',
  },
];

test.each(PILLOW)(
  'a $what picture is resized and cut exactly as Pillow does, to the byte',
  ({ width, height, sha }) => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [y, x, c] = [Math.floor(i / (3 * width)), Math.floor(i / 3) % width, i % 3];
      return 7 * x + 13 * y + 31 * c + x * y;
    });
    const frame = clipFrame({ width, height, data });
    expect(createHash('sha256').update(frame).digest('hex')).toBe(sha);
  },
);

test('the shorter side becomes 224 and the middle is kept', () => {
  expect(resizedDims({ width: 640, height: 360 })).toEqual({ width: 398, height: 224 });
  expect(resizedDims({ width: 360, height: 640 })).toEqual({ width: 224, height: 398 });
  const halves = { width: 448, height: 224, data: new Uint8Array(448 * 224 * 3) };
  for (let i = 0; i < halves.data.length; i++) halves.data[i] = Math.floor(i / 3) % 448 < 224 ? 10 : 200;
  const row = clipFrame(halves).subarray(0, CLIP_SIDE * 3);
  expect(row.filter((value) => value === 10)).toHaveLength(112 * 3);
});

test.each([
  ['wide', { width: 640, height: 360 }],
  ['tall', { width: 300, height: 700 }],
])('what lies outside the used region of a %s picture changes nothing', (_what, whole) => {
  const { x, y, width, height } = usedRegion(whole);
  expect(width * height).toBeLessThan(0.7 * whole.width * whole.height);
  const level = (column: number, row: number, channel: number) => 7 * column + 13 * row + 31 * channel;
  const picture = (from: { x: number; y: number }, size: { width: number; height: number }) =>
    Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) =>
      level(from.x + (Math.floor(i / 3) % size.width), from.y + Math.floor(i / (3 * size.width)), i % 3),
    );
  const part = { width, height, data: picture({ x, y }, { width, height }) };
  const all = { ...whole, data: picture({ x: 0, y: 0 }, whole) };
  expect(clipFrame(part, { ...whole, x, y })).toEqual(clipFrame(all));
});
