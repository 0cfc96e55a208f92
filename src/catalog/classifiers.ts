import { Failure } from '../failure.js';
import type { Classifier, Prisma, PrismaClient } from '../generated/prisma/client.js';
import { newId } from './id.js';

type Transaction = Prisma.TransactionClient;

/** What a process brings along: a pack, its encoders, and the classifier that ships with it. */
export interface ShippedClassifier {
  pack: string;
  /** Name and version of the head, as in `Tagging.classifier`. */
  fingerprint: string;
  figures: Prisma.InputJsonObject;
  /** Names and versions of the pack's encoders. */
  encoders: readonly string[];
}

/** One that was trained here. */
export interface TrainedClassifier {
  pack: string;
  name: string;
  fingerprint: string;
  dataFingerprint: string;
  figures: Prisma.InputJsonObject;
  models: string[];
  author: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Whether a process with this pack can run the classifier: it ships with the pack, or reads what its encoders write. */
export function fits(
  classifier: Pick<Classifier, 'pack' | 'fingerprint' | 'models' | 'name'>,
  { pack, fingerprint, encoders }: Pick<ShippedClassifier, 'pack' | 'fingerprint' | 'encoders'>,
): boolean {
  if (classifier.pack !== pack) return false;
  if (classifier.name === null) return classifier.fingerprint === fingerprint;
  return classifier.models.every((model) => encoders.includes(model));
}

/**
 * Writes the shipped classifier, and makes it the active one of its pack when there is none, or when the active one
 * no longer fits the pack's encoders: then it is given back.
 */
export async function registerClassifier(
  prisma: PrismaClient,
  shipped: ShippedClassifier,
): Promise<Classifier | null> {
  if (await isRegistered(prisma, shipped)) return null;
  return prisma.$transaction(async (tx) => {
    await lockClassifiers(tx);
    const { fingerprint, pack, figures } = shipped;
    const active = await tx.classifier.findFirst({ where: { pack, active: true } });
    const stays = active !== null && fits(active, shipped);
    if (!stays) await tx.classifier.updateMany({ where: { pack }, data: { active: false } });
    await tx.classifier.upsert({
      where: { fingerprint },
      create: { id: newId('classifier'), fingerprint, pack, figures, models: [], active: !stays },
      update: { figures, ...(stays ? {} : { active: true }) },
    });
    return active !== null && !stays && active.name !== null ? active : null;
  });
}

/** Whether it is there and active with these figures, as at nearly every start. */
async function isRegistered(
  prisma: PrismaClient,
  { fingerprint, pack, figures }: ShippedClassifier,
): Promise<boolean> {
  const rows = await prisma.$queryRaw<unknown[]>`
    SELECT 1 FROM "Classifier" WHERE "fingerprint" = ${fingerprint} AND "pack" = ${pack} AND "active" AND "name" IS NULL
      AND "figures" = ${JSON.stringify(figures)}::jsonb`;
  return rows.length > 0;
}

/** Writes a trained classifier with its file; one with the same file is there already and stays as it is. */
export async function saveClassifier(tx: Transaction, trained: TrainedClassifier): Promise<string> {
  await lockClassifiers(tx);
  const { bytes, fingerprint, ...columns } = trained;
  const known = await tx.classifier.findUnique({ where: { fingerprint }, select: { id: true } });
  if (known) return known.id;
  const parent = await tx.classifier.findFirst({ where: { pack: trained.pack, active: true } });
  const { id } = await tx.classifier.create({
    data: {
      id: newId('classifier'),
      ...{ fingerprint, ...columns },
      parentId: parent?.id ?? null,
      file: { create: { bytes } },
    },
  });
  return id;
}

/**
 * Makes the classifier the active one of its pack.
 * @throws Failure NOT_FOUND; CLASSIFIER_INCOMPATIBLE when the pack at hand cannot run it
 */
export async function switchClassifier(
  tx: Transaction,
  id: string,
  hand: Pick<ShippedClassifier, 'pack' | 'fingerprint' | 'encoders'>,
): Promise<Classifier> {
  await lockClassifiers(tx);
  const classifier = await tx.classifier.findUnique({ where: { id } });
  if (!classifier) throw new Failure('NOT_FOUND', `There is no classifier ${id}.`, { path: ['id'] });
  if (!fits(classifier, hand)) throw incompatible(classifier, hand);
  await tx.classifier.updateMany({
    where: { pack: classifier.pack, active: true, id: { not: id } },
    data: { active: false },
  });
  return tx.classifier.update({ where: { id }, data: { active: true } });
}

function incompatible(
  { pack, name, models }: Classifier,
  hand: Pick<ShippedClassifier, 'pack' | 'encoders'>,
): Failure {
  const foreign = models.find((model) => !hand.encoders.includes(model));
  const because =
    pack !== hand.pack
      ? `It reads the signals of the pack ${pack}, and this server runs ${hand.pack}.`
      : name === null
        ? 'It came with another release of the pack, which this server does not have.'
        : `It reads vectors of ${foreign}, which this server does not make.`;
  return new Failure(
    'CLASSIFIER_INCOMPATIBLE',
    `${because} Train a classifier on the signals that this server reads.`,
    { path: ['id'] },
  );
}

/** Processes that start or switch together must not leave two active ones, or none. */
async function lockClassifiers(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('marquee.classifiers'))`;
}
