import type { PrismaClient } from '../generated/prisma/client.js';
import type { LabelGroupKind } from '../generated/prisma/enums.js';

export interface LabelEntry {
  id: string;
  group: LabelGroupKind;
  name: string;
  definition: string;
}

/**
 * Writes the taxonomy's labels; labels that left the taxonomy stay, because old predictions name them. One statement,
 * which changes nothing where all of them are there: every start runs it.
 */
export async function registerLabels(prisma: PrismaClient, labels: readonly LabelEntry[]): Promise<void> {
  const column = (name: keyof LabelEntry) => labels.map((label) => label[name]);
  await prisma.$executeRaw`
    INSERT INTO "Label" ("id", "group", "name", "definition")
    SELECT * FROM unnest(${column('id')}::text[], ${column('group')}::"LabelGroupKind"[], ${column('name')}::text[],
      ${column('definition')}::text[])
    ON CONFLICT ("id") DO UPDATE
    SET "group" = excluded."group", "name" = excluded."name", "definition" = excluded."definition"
    WHERE ("Label"."group", "Label"."name", "Label"."definition")
      IS DISTINCT FROM (excluded."group", excluded."name", excluded."definition")`;
}
