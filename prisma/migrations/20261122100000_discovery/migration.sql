-- CreateTable
CREATE TABLE "TitleProfile" (
    "titleId" TEXT NOT NULL,
    "wanted" INTEGER NOT NULL DEFAULT 1,
    "made" INTEGER NOT NULL DEFAULT 0,
    "revision" BIGINT NOT NULL DEFAULT 0,
    "predictionId" TEXT,
    "textModel" TEXT,
    "text" BYTEA,
    "pictureModel" TEXT,
    "picture" BYTEA,
    "soundModel" TEXT,
    "sound" BYTEA,
    "labels" TEXT[],
    "probabilities" DOUBLE PRECISION[],
    "accepted" INTEGER NOT NULL DEFAULT 0,
    "words" tsvector,

    CONSTRAINT "TitleProfile_pkey" PRIMARY KEY ("titleId")
);

-- CreateTable
CREATE TABLE "RowEdit" (
    "ruleId" TEXT NOT NULL,
    "pinned" BOOLEAN NOT NULL DEFAULT false,
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    "name" TEXT,
    "editor" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RowEdit_pkey" PRIMARY KEY ("ruleId")
);

-- CreateTable
CREATE TABLE "Webhook" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Webhook_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "TitleProfile_revision_idx" ON "TitleProfile"("revision");

-- CreateIndex
CREATE INDEX "TitleProfile_words_idx" ON "TitleProfile" USING GIN ("words");

-- CreateIndex
CREATE UNIQUE INDEX "Webhook_url_key" ON "Webhook"("url");

-- AddForeignKey
ALTER TABLE "TitleProfile" ADD CONSTRAINT "TitleProfile_titleId_fkey" FOREIGN KEY ("titleId") REFERENCES "Title"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What follows, Prisma does not know: triggers, and indexes on expressions.

CREATE SEQUENCE "TitleProfile_revision_seq";

-- A profile is out of date as soon as its title, a prediction of it or a review changes.
CREATE FUNCTION marquee_want_profiles(titles TEXT[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "TitleProfile" ("titleId")
    SELECT t."id" FROM "Title" t WHERE t."id" = ANY(titles) ORDER BY t."id"
    ON CONFLICT ("titleId") DO UPDATE SET "wanted" = "TitleProfile"."wanted" + 1;
  PERFORM pg_notify('marquee_title', '');
END $$;

CREATE FUNCTION marquee_titles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM marquee_want_profiles(ARRAY(SELECT "id" FROM changed));
  RETURN NULL;
END $$;

CREATE FUNCTION marquee_predictions_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM marquee_want_profiles(ARRAY(
    SELECT DISTINCT r."titleId" FROM changed c JOIN "Trailer" r ON r."id" = c."trailerId"));
  RETURN NULL;
END $$;

CREATE FUNCTION marquee_reviews_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM marquee_want_profiles(ARRAY(
    SELECT DISTINCT r."titleId" FROM changed c
    JOIN "Prediction" p ON p."id" = c."predictionId"
    JOIN "Trailer" r ON r."id" = p."trailerId"));
  RETURN NULL;
END $$;

CREATE TRIGGER marquee_titles_inserted AFTER INSERT ON "Title"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_titles_changed();
CREATE TRIGGER marquee_titles_updated AFTER UPDATE ON "Title"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_titles_changed();
CREATE TRIGGER marquee_predictions_inserted AFTER INSERT ON "Prediction"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_predictions_changed();
CREATE TRIGGER marquee_predictions_deleted AFTER DELETE ON "Prediction"
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_predictions_changed();
CREATE TRIGGER marquee_reviews_inserted AFTER INSERT ON "Review"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_reviews_changed();
CREATE TRIGGER marquee_reviews_updated AFTER UPDATE ON "Review"
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION marquee_reviews_changed();

-- Every process that searches hears of a profile that was made (no payload: read what is newer) or is gone (its id).
CREATE FUNCTION marquee_profile_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('marquee_profile', OLD."titleId");
  RETURN NULL;
END $$;
CREATE TRIGGER marquee_profile_gone AFTER DELETE ON "TitleProfile"
  FOR EACH ROW EXECUTE FUNCTION marquee_profile_gone();

CREATE INDEX "TitleProfile_outdated" ON "TitleProfile" ("titleId") WHERE "made" < "wanted";
CREATE INDEX "Line_words" ON "Line" USING GIN (to_tsvector('english', "text"));

-- Titles that were there before discovery.
INSERT INTO "TitleProfile" ("titleId") SELECT "id" FROM "Title";

-- Names with typing errors are found through trigrams, where the server has them.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    BEGIN
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
    CREATE INDEX "Title_name_trigrams" ON "Title" USING GIN (lower("name") gin_trgm_ops);
  END IF;
END $$;
