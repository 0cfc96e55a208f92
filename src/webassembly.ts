/**
 * The few parts of WebAssembly's binary format that kernels written by hand need
 * (https://webassembly.github.io/spec/core/binary/).
 */

/** WebAssembly's unit of memory. */
export const PAGE_BYTES = 65_536;
/** At most 4 GiB, the limit of 32-bit addresses. */
const MOST_PAGES = 65_536;

/** The parts of the WebAssembly API that are used: TypeScript declares it for browsers only. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
type Exports = Record<string, (...args: number[]) => void>;
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => KernelMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Exports };
};

/** A function without a result, all of whose parameters are 32-bit numbers. */
export interface KernelFunction {
  name: string;
  parameters: number;
  /** How many 32-bit numbers, then how many vectors of 128 bits stand behind the parameters. */
  numbers: number;
  vectors: number;
  /** Instructions, without the last `end`. */
  body: number[];
}

/** Compiles functions that share one memory, which each instance brings. */
export function compileKernel(functions: readonly KernelFunction[]): object {
  return new WebAssembly.Module(moduleBytes(functions));
}

/** A memory of its own and the compiled functions that work in it. */
export function startKernel<Name extends string>(
  kernel: object,
  pages: number,
): { memory: KernelMemory; functions: Record<Name, (...args: number[]) => void> } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES });
  const { exports } = new WebAssembly.Instance(kernel, { host: { memory } });
  return { memory, functions: exports as Record<Name, (...args: number[]) => void> };
}

const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION = 0x60;
/** The type of a loop that leaves nothing on the stack. */
const EMPTY = 0x40;

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb(value >>> 7)];
}

/** Signed LEB128. */
function signedLeb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = rest === (low & 0x40 ? -1 : 0);
  return isLast ? [low] : [low | 0x80, ...signedLeb(rest)];
}

const sized = (bytes: number[]) => [...leb(bytes.length), ...bytes];
const section = (id: number, items: number[][]) => [id, ...sized([...leb(items.length), ...items.flat()])];
const name = (text: string) => sized([...Buffer.from(text)]);

export const get = (local: number) => [0x20, local];
export const set = (local: number) => [0x21, local];
/** Sets and keeps the value on the stack. */
export const tee = (local: number) => [0x22, local];
export const i32 = (value: number) => [0x41, ...signedLeb(value)];
export const ADD = [0x6a];
export const SUBTRACT = [0x6b];
export const IS_BELOW = [0x49];
export const LOAD_I32 = [0x28, 2, 0];
export const STORE_I32 = [0x36, 0, 0];
export const simd = (code: number, ...immediate: number[]) => [0xfd, ...leb(code), ...immediate];
/** Bytes behind the address on the stack. Alignment is a hint; 0 is always right. */
export const at = (offset: number) => [0, ...leb(offset)];
/** Runs the body, and again for as long as what it leaves on the stack is not 0. */
export const loop = (body: number[]) => [0x03, EMPTY, ...body, 0x0d, 0, 0x0b];
/** Moves an address on. */
export const advance = (local: number, bytes: number) => [
  ...get(local),
  ...i32(bytes),
  ...ADD,
  ...set(local),
];

function moduleBytes(functions: readonly KernelFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [
    FUNCTION,
    ...sized(new Array<number>(parameters).fill(I32)),
    0,
  ]);
  const bodies = functions.map(({ numbers, vectors, body }) =>
    sized([2, ...leb(numbers), I32, ...leb(vectors), V128, ...body, 0x0b]),
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [[...name('host'), ...name('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      functions.map((_, index) => [index]),
    ),
    ...section(
      7,
      functions.map((named, index) => [...name(named.name), 0x00, index]),
    ),
    ...section(10, bodies),
  ]);
}
