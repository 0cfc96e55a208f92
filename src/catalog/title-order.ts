import { Prisma, type Title } from '../generated/prisma/client.js';
import { decodeCursor, encodeCursor, type Place } from './page.js';

export type TitleOrderField = 'NAME' | 'RELEASE_YEAR' | 'CREATED_AT';

export interface TitleOrder {
  field: TitleOrderField;
  direction: 'ASC' | 'DESC';
}

const COLUMNS: Record<TitleOrderField, Prisma.Sql> = {
  NAME: Prisma.sql`t."name"`,
  RELEASE_YEAR: Prisma.sql`t."releaseYear"`,
  CREATED_AT: Prisma.sql`t."createdAt"`,
};

/** What stands behind ORDER BY. The id makes the order total; titles without a year come last both ways. */
export function orderClause({ field, direction }: TitleOrder): Prisma.Sql {
  return direction === 'ASC'
    ? Prisma.sql`${COLUMNS[field]} ASC NULLS LAST, t."id" ASC`
    : field === 'RELEASE_YEAR'
      ? Prisma.sql`${COLUMNS[field]} DESC NULLS LAST, t."id" DESC`
      : Prisma.sql`${COLUMNS[field]} DESC, t."id" DESC`;
}

export function titleCursor(order: TitleOrder, title: Title): string {
  return encodeCursor(orderName(order), { value: sortValue(order.field, title), id: title.id });
}

/** The condition that a title stands behind the cursor. @throws Failure BAD_INPUT */
export function behindCursor(order: TitleOrder, cursor: string): Prisma.Sql {
  const place = decodeCursor(orderName(order), cursor);
  const column = COLUMNS[order.field];
  const behind = Prisma.raw(order.direction === 'ASC' ? '>' : '<');
  if (place.value === null) return Prisma.sql`(${column} IS NULL AND t."id" ${behind} ${place.id})`;
  const inOrder = Prisma.sql`(${column}, t."id") ${behind} (${typed(order.field, place)}, ${place.id})`;
  return order.field === 'RELEASE_YEAR' ? Prisma.sql`(${inOrder} OR ${column} IS NULL)` : inOrder;
}

function typed(field: TitleOrderField, place: Place): Prisma.Sql {
  if (field === 'RELEASE_YEAR') return Prisma.sql`${Number(place.value)}::int`;
  return field === 'NAME'
    ? Prisma.sql`${String(place.value)}::text`
    : Prisma.sql`to_timestamp(${Number(place.value)}::float8 / 1000)`;
}

function sortValue(field: TitleOrderField, title: Title): Place['value'] {
  if (field === 'NAME') return title.name;
  return field === 'RELEASE_YEAR' ? title.releaseYear : title.createdAt.getTime();
}

function orderName(order: TitleOrder): string {
  return `${order.field} ${order.direction}`;
}
