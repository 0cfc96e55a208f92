-- AlterTable
ALTER TABLE "Title" ADD COLUMN     "idempotencyKey" TEXT,
ADD COLUMN     "requestHash" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "Title_idempotencyKey_key" ON "Title"("idempotencyKey");
