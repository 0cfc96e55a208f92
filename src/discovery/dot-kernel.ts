/**
 * Dot products of many int8 rows with one int16 query, in WebAssembly SIMD: about ten times what the same loop
 * reaches in JavaScript (docs/discovery.md has the figures). The module is small enough to be written by hand:
 *
 *   for each row: acc = 0; for each 16 numbers: acc += dot(row[0..8], query[0..8]) + dot(row[8..16], query[8..16]);
 *   out[row] = acc[0] + acc[1] + acc[2] + acc[3]
 */

/** Rows are padded to a multiple of this many numbers: one step of the inner loop. */
export const LANES = 16;
/** WebAssembly's unit of memory. */
export const PAGE_BYTES = 65_536;

/** The parts of the WebAssembly API that are used: TypeScript declares it for browsers only. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => KernelMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: { dots: (...args: number[]) => void } };
};

/** `dots(rows, query, out, count, width)`: byte offsets of int8 rows, int16 query and int32 results. */
export type Dots = (rows: number, query: number, out: number, count: number, width: number) => void;

/** At most 4 GiB, the limit of 32-bit addresses. */
const MOST_PAGES = 65_536;

/** A memory of its own and the kernel that works in it. */
export function createKernel(pages: number): { memory: KernelMemory; dots: Dots } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES });
  const { exports } = new WebAssembly.Instance(compiled(), { host: { memory } });
  return { memory, dots: exports.dots };
}

let module: object | null = null;
const compiled = () => (module ??= new WebAssembly.Module(moduleBytes()));

const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

const sized = (bytes: number[]) => [...leb(bytes.length), ...bytes];
const section = (id: number, items: number[][]) => [id, ...sized([...leb(items.length), ...items.flat()])];
const name = (text: string) => sized([...Buffer.from(text)]);

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const i32 = (value: number) => [0x41, value];
const ADD = [0x6a];
const simd = (code: number, ...immediate: number[]) => [0xfd, ...leb(code), ...immediate];
/** Alignment is a hint; 0 is always right. */
const at = (offset: number) => [0, offset];
const LOAD8X8_S = 0x01;
const LOAD = 0x00;
const CONST = 0x0c;
const EXTRACT_LANE = 0x1b;
const I32X4_ADD = 0xae;
const I32X4_DOT = 0xba;

function moduleBytes(): Uint8Array {
  const [rows, query, out, count, width, rowEnd, q, acc] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const eight = (row: number, column: number) => [
    ...[...get(rows), ...simd(LOAD8X8_S, ...at(row))],
    ...[...get(q), ...simd(LOAD, ...at(column))],
    ...simd(I32X4_DOT),
  ];
  const step = [
    ...[...get(acc), ...eight(0, 0), ...simd(I32X4_ADD), ...eight(8, 16), ...simd(I32X4_ADD), ...set(acc)],
    ...[...get(rows), ...i32(LANES), ...ADD, ...set(rows)],
    ...[...get(q), ...i32(2 * LANES), ...ADD, ...set(q)],
    ...[...get(rows), ...get(rowEnd), 0x49, 0x0d, 0], // while rows < rowEnd
  ];
  const lane = (i: number) => [...get(acc), ...simd(EXTRACT_LANE, i)];
  const row = [
    ...[...get(rows), ...get(width), ...ADD, ...set(rowEnd), ...get(query), ...set(q)],
    ...[...simd(CONST, ...new Array<number>(16).fill(0)), ...set(acc)],
    ...[0x03, EMPTY, ...step, 0x0b],
    ...[...get(out), ...lane(0), ...lane(1), ...ADD, ...lane(2), ...ADD, ...lane(3), ...ADD, 0x36, 2, 0],
    ...[...get(out), ...i32(4), ...ADD, ...set(out)],
    ...[...get(count), ...i32(1), 0x6b, 0x22, count, 0x0d, 0], // while --count
  ];
  const locals = [2, 2, I32, 1, V128];
  const body = [...locals, 0x03, EMPTY, ...row, 0x0b, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, 5, I32, I32, I32, I32, I32, 0]]),
    ...section(2, [[...name('host'), ...name('memory'), 0x02, 0x00, 1]]),
    ...section(3, [[0]]),
    ...section(7, [[...name('dots'), 0x00, 0]]),
    ...section(10, [sized(body)]),
  ]);
}
