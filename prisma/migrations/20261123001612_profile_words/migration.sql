-- AlterTable
ALTER TABLE "TitleProfile" ADD COLUMN     "terms" BYTEA;

-- Profiles that are there are made anew, with their words.
INSERT INTO "OutdatedProfile" ("titleId") SELECT "titleId" FROM "TitleProfile" ORDER BY 1
  ON CONFLICT ("titleId") DO UPDATE SET "changes" = "OutdatedProfile"."changes" + 1;
