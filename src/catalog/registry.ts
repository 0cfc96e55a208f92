import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { LabelGroupKind } from '../generated/prisma/enums.js';
import { newId } from './id.js';

export interface LabelEntry {
  id: string;
  group: LabelGroupKind;
  name: string;
  definition: string;
}

export interface ClassifierEntry {
  pack: string;
  /** Name and version of the head, as in `Tagging.classifier`. */
  fingerprint: string;
  figures: Prisma.InputJsonObject;
}

/** Writes the taxonomy's labels; labels that left the taxonomy stay, because old predictions name them. */
export async function registerLabels(prisma: PrismaClient, labels: readonly LabelEntry[]): Promise<void> {
  await prisma.$transaction(
    labels.map(({ id, ...label }) =>
      prisma.label.upsert({ where: { id }, create: { id, ...label }, update: label }),
    ),
  );
}

/** Writes the shipped classifier, and makes it the active one of its pack when there is none. */
export async function registerClassifier(prisma: PrismaClient, entry: ClassifierEntry): Promise<void> {
  await prisma.$transaction(async (tx) => {
    // Processes that start together must not both find none active.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('marquee.classifiers'))`;
    const { fingerprint, pack, figures } = entry;
    const shipped = { pack, author: null };
    await tx.classifier.updateMany({
      where: { ...shipped, active: true, fingerprint: { not: fingerprint } },
      data: { active: false },
    });
    const active =
      (await tx.classifier.count({ where: { pack, active: true, fingerprint: { not: fingerprint } } })) === 0;
    await tx.classifier.upsert({
      where: { fingerprint },
      create: { id: newId('classifier'), fingerprint, ...shipped, figures, active },
      update: { figures, active },
    });
  });
}
