-- DropIndex
DROP INDEX "Tag_labelId_state_probability_idx";

-- DropIndex
DROP INDEX "Tag_margin_idx";

-- CreateTable
CREATE TABLE "OutdatedProfile" (
    "titleId" TEXT NOT NULL,
    "changes" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "OutdatedProfile_pkey" PRIMARY KEY ("titleId")
);

-- What was out of date stays so.
INSERT INTO "OutdatedProfile" ("titleId") SELECT "titleId" FROM "TitleProfile" WHERE "made" < "wanted";

-- AlterTable
ALTER TABLE "TitleProfile" DROP COLUMN "made",
DROP COLUMN "wanted";

-- CreateIndex
CREATE INDEX "Tag_labelId_state_idx" ON "Tag"("labelId", "state");

-- AddForeignKey
ALTER TABLE "OutdatedProfile" ADD CONSTRAINT "OutdatedProfile_titleId_fkey" FOREIGN KEY ("titleId") REFERENCES "Title"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What follows, Prisma does not know: partial indexes and triggers.

-- The review queue begins with these (src/catalog/review-queue.ts); the others need not be kept in order.
CREATE INDEX "Tag_undecided" ON "Tag" ("margin") WHERE "margin" < 0.1;

CREATE OR REPLACE FUNCTION marquee_want_profiles(titles TEXT[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "OutdatedProfile" ("titleId")
    SELECT t."id" FROM "Title" t WHERE t."id" = ANY(titles) ORDER BY t."id"
    ON CONFLICT ("titleId") DO UPDATE SET "changes" = "OutdatedProfile"."changes" + 1;
  PERFORM pg_notify('marquee_title', '');
END $$;

-- Every title has a profile, if only an empty one that is to be made.
CREATE FUNCTION marquee_titles_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "TitleProfile" ("titleId") SELECT "id" FROM changed;
  PERFORM marquee_want_profiles(ARRAY(SELECT "id" FROM changed));
  RETURN NULL;
END $$;

DROP TRIGGER marquee_titles_inserted ON "Title";
CREATE TRIGGER marquee_titles_inserted AFTER INSERT ON "Title"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_titles_inserted();
