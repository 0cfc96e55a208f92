import type { PrismaClient } from '../generated/prisma/client.js';
import type { LabelGroupKind } from '../generated/prisma/enums.js';

export interface LabelEntry {
  id: string;
  group: LabelGroupKind;
  name: string;
  definition: string;
}

/** Writes the taxonomy's labels; labels that left the taxonomy stay, because old predictions name them. */
export async function registerLabels(prisma: PrismaClient, labels: readonly LabelEntry[]): Promise<void> {
  await prisma.$transaction(
    labels.map(({ id, ...label }) =>
      prisma.label.upsert({ where: { id }, create: { id, ...label }, update: label }),
    ),
  );
}
