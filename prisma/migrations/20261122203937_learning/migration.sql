-- CreateEnum
CREATE TYPE "LearningKind" AS ENUM ('TRAINING', 'RETAGGING');

-- CreateEnum
CREATE TYPE "LearningState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- DropForeignKey
ALTER TABLE "Evidence" DROP CONSTRAINT "Evidence_predictionId_labelId_fkey";

-- AlterTable
ALTER TABLE "Analysis" ADD COLUMN     "classifierId" TEXT;

-- AlterTable
ALTER TABLE "Classifier" ADD COLUMN     "dataFingerprint" TEXT,
ADD COLUMN     "models" TEXT[],
ADD COLUMN     "name" TEXT;

-- AlterTable
ALTER TABLE "Prediction" ADD COLUMN     "others" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "taggedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

UPDATE "Classifier" SET "models" = '{}';

-- AlterTable
ALTER TABLE "Tag" ADD COLUMN     "evidence" JSONB,
ADD COLUMN     "margin" DOUBLE PRECISION NOT NULL DEFAULT 0,
ALTER COLUMN "shares" DROP NOT NULL;

-- Labels that are neither accepted nor suggested move into their prediction's row (docs/decisions/056).
UPDATE "Prediction" p SET "taggedAt" = p."createdAt", "others" = coalesce((
  SELECT jsonb_object_agg(g."labelId", jsonb_build_array(
    g."probability", g."threshold", g."state" = 'ABSTAINED', g."shares"))
  FROM "Tag" g WHERE g."predictionId" = p."id" AND g."state" IN ('BELOW_THRESHOLD', 'ABSTAINED')), '{}');
DELETE FROM "Tag" WHERE "state" IN ('BELOW_THRESHOLD', 'ABSTAINED');
UPDATE "Tag" g SET
  "margin" = abs(
    ln(greatest(g."probability", 1e-9) / greatest(1 - g."probability", 1e-9)) -
    ln(greatest(g."threshold", 1e-9) / greatest(1 - g."threshold", 1e-9))),
  "evidence" = coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'startSeconds', e."startSeconds", 'endSeconds', e."endSeconds", 'signal', e."signal",
      'contribution', e."contribution", 'line', e."line", 'shotIndex', e."shotIndex") ORDER BY e."rank")
    FROM "Evidence" e WHERE e."predictionId" = g."predictionId" AND e."labelId" = g."labelId"), '[]');
ALTER TABLE "Tag" ALTER COLUMN "margin" DROP DEFAULT;

-- DropTable
DROP TABLE "Evidence";

-- CreateTable
CREATE TABLE "ClassifierFile" (
    "classifierId" TEXT NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "ClassifierFile_pkey" PRIMARY KEY ("classifierId")
);

-- CreateTable
CREATE TABLE "LearningRun" (
    "id" TEXT NOT NULL,
    "kind" "LearningKind" NOT NULL,
    "state" "LearningState" NOT NULL DEFAULT 'QUEUED',
    "pack" TEXT NOT NULL,
    "request" JSONB,
    "classifierId" TEXT,
    "requestedBy" TEXT NOT NULL,
    "idempotencyKey" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "worker" TEXT,
    "cancelRequested" BOOLEAN NOT NULL DEFAULT false,
    "lastEvent" INTEGER NOT NULL DEFAULT 0,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "errorRetryable" BOOLEAN,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "LearningRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LearningEvent" (
    "runId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" "LearningState" NOT NULL,
    "stage" TEXT,
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER NOT NULL DEFAULT 0,
    "message" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "LearningEvent_pkey" PRIMARY KEY ("runId","number")
);

-- CreateIndex
CREATE UNIQUE INDEX "LearningRun_idempotencyKey_key" ON "LearningRun"("idempotencyKey");

-- CreateIndex
CREATE INDEX "LearningRun_kind_createdAt_idx" ON "LearningRun"("kind", "createdAt");

-- CreateIndex
CREATE INDEX "LearningRun_state_idx" ON "LearningRun"("state");

-- CreateIndex
CREATE INDEX "Tag_margin_predictionId_labelId_idx" ON "Tag"("margin", "predictionId", "labelId");

-- AddForeignKey
ALTER TABLE "Analysis" ADD CONSTRAINT "Analysis_classifierId_fkey" FOREIGN KEY ("classifierId") REFERENCES "Classifier"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ClassifierFile" ADD CONSTRAINT "ClassifierFile_classifierId_fkey" FOREIGN KEY ("classifierId") REFERENCES "Classifier"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LearningRun" ADD CONSTRAINT "LearningRun_classifierId_fkey" FOREIGN KEY ("classifierId") REFERENCES "Classifier"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LearningEvent" ADD CONSTRAINT "LearningEvent_runId_fkey" FOREIGN KEY ("runId") REFERENCES "LearningRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;
