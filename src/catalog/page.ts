import { Failure } from '../failure.js';

/** How much of a list is asked for: at most `first` rows behind the cursor `after`. */
export interface PageRequest {
  first: number;
  after: string | null;
}

/** A stretch of a list. */
export interface Page<Row> {
  rows: Row[];
  /** Opaque; names the place right behind the row, whatever is inserted or deleted elsewhere. */
  cursorOf(row: Row): string;
  hasNextPage: boolean;
}

/** A row's place in an order: the value it is sorted by, and its id, which breaks ties. */
export interface Place {
  value: string | number | null;
  id: string;
}

const LARGEST_PAGE = 100;

/** @throws Failure BAD_INPUT unless `first` is 1 … 100 */
export function pageRequest(first: number, after: string | null | undefined): PageRequest {
  if (!Number.isInteger(first) || first < 1 || first > LARGEST_PAGE) {
    throw new Failure('BAD_INPUT', `Ask for 1 to ${LARGEST_PAGE} entries with \`first\`, not ${first}.`, {
      path: ['first'],
    });
  }
  return { first, after: after ?? null };
}

/** @param order names the order that the cursor belongs to, so that it cannot be used with another one */
export function encodeCursor(order: string, place: Place): string {
  return Buffer.from(JSON.stringify([order, place.value, place.id])).toString('base64url');
}

/** @throws Failure BAD_INPUT for anything but a cursor that `encodeCursor` made for the same order */
export function decodeCursor(order: string, cursor: string): Place {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(parts) && parts.length === 3) {
    const [name, value, id] = parts as unknown[];
    if (name === order && isValue(value) && typeof id === 'string' && !id.includes('\0'))
      return { value, id };
  }
  throw new Failure(
    'BAD_INPUT',
    'The cursor in `after` does not belong to this list in this order. Leave `after` out to begin at the start.',
    { path: ['after'] },
  );
}

/** The page in `rows`, which hold one row more than was asked for when there is more to come. */
export function pageOf<Row>(rows: Row[], request: PageRequest, cursorOf: (row: Row) => string): Page<Row> {
  return { rows: rows.slice(0, request.first), cursorOf, hasNextPage: rows.length > request.first };
}

function isValue(value: unknown): value is Place['value'] {
  return value === null || typeof value === 'number' || (typeof value === 'string' && !value.includes('\0'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
