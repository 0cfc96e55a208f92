import type { PictureSize } from './picture-size.js';

/*
 * Planar 4:2:0 to RGB24, both full range. BT.601 (JFIF): R = Y + 1.402 V, G = Y − 0.344136 U − 0.714136 V,
 * B = Y + 1.772 U.
 */

/** @returns height × width × 3 bytes; four pixels share a colour, as in the planar picture */
export function toRgb(yuv: Uint8Array, { width, height }: PictureSize): Uint8Array {
  const rgb = new Uint8ClampedArray(width * height * 3);
  const halfWidth = width / 2;
  const uPlane = width * height;
  const vPlane = uPlane + uPlane / 4;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const chromaRow = (y >> 1) * halfWidth;
    for (let x = 0; x < width; x++, at += 3) {
      const luma = yuv[y * width + x]!;
      const u = yuv[uPlane + chromaRow + (x >> 1)]! - 128;
      const v = yuv[vPlane + chromaRow + (x >> 1)]! - 128;
      rgb[at] = luma + 1.402 * v;
      rgb[at + 1] = luma - 0.344136 * u - 0.714136 * v;
      rgb[at + 2] = luma + 1.772 * u;
    }
  }
  return new Uint8Array(rgb.buffer);
}

/** The picture at half its width and height. @param out height / 2 × width / 2 × 3 bytes, filled */
export function toHalfRgb(yuv: Uint8Array, { width, height }: PictureSize, out: Uint8Array): void {
  const rgb = new Uint8ClampedArray(out.buffer, out.byteOffset, out.byteLength);
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  const uPlane = width * height;
  const vPlane = uPlane + halfWidth * halfHeight;
  let at = 0;
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++, at += 3) {
      const top = 2 * y * width + 2 * x;
      const bottom = top + width;
      // Halves are rounded up, where the array by itself would round them to even.
      const luma = (yuv[top]! + yuv[top + 1]! + yuv[bottom]! + yuv[bottom + 1]!) / 4 + 0.5;
      const u = yuv[uPlane + y * halfWidth + x]! - 128;
      const v = yuv[vPlane + y * halfWidth + x]! - 128;
      rgb[at] = (luma + 1.402 * v) | 0;
      rgb[at + 1] = (luma - 0.344136 * u - 0.714136 * v) | 0;
      rgb[at + 2] = (luma + 1.772 * u) | 0;
    }
  }
}
