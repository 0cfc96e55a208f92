import { Failure } from '../failure.js';
import type { PrismaClient, RowEdit } from '../generated/prisma/client.js';
import { rowKindOf } from './row-rules.js';

const LONGEST_NAME = 120; // characters

/** What an editor changes about a row; what is left out stays. */
export interface RowChange {
  pinned?: boolean;
  hidden?: boolean;
  /** Null: back to the row's own name. */
  name?: string | null;
}

/** What stands of editors' decisions, by the rows' ids. */
export function readEdits(prisma: PrismaClient): Promise<RowEdit[]> {
  return prisma.rowEdit.findMany({
    where: { OR: [{ pinned: true }, { hidden: true }, { name: { not: null } }] },
    orderBy: { ruleId: 'asc' },
  });
}

/** @throws Failure BAD_INPUT, NOT_FOUND */
export async function editRow(
  prisma: PrismaClient,
  ruleId: string,
  change: RowChange,
  editor: string,
): Promise<RowEdit> {
  const name = change.name?.trim();
  if (name !== undefined && (name === '' || name.length > LONGEST_NAME)) {
    throw new Failure('BAD_INPUT', `Give the row a name of 1 to ${LONGEST_NAME} characters.`, {
      path: ['name'],
    });
  }
  const labels = ruleId.split('+').sort();
  const known = await prisma.label.count({ where: { id: { in: labels } } });
  if (rowKindOf(labels) === null || known !== labels.length) {
    throw new Failure('NOT_FOUND', `There is no row ${ruleId}; look its id up with \`rows\`.`, {
      path: ['ruleId'],
    });
  }
  const id = labels.join('+');
  const data = { ...change, ...(name === undefined ? {} : { name }), editor };
  return prisma.rowEdit.upsert({ where: { ruleId: id }, create: { ruleId: id, ...data }, update: data });
}
