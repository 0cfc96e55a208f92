-- DropForeignKey
ALTER TABLE "Tag" DROP CONSTRAINT "Tag_labelId_fkey";

-- DropIndex
DROP INDEX "Tag_margin_predictionId_labelId_idx";

-- CreateIndex
CREATE INDEX "Tag_margin_idx" ON "Tag"("margin");
