-- AlterTable
ALTER TABLE "TitleProfile" ADD COLUMN     "terms" BYTEA;

-- Profiles that are there are made anew, with their words.
UPDATE "TitleProfile" SET "wanted" = "wanted" + 1;
