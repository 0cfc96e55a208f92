-- Words and names are found with and without their accents. All of it is what Prisma does not know.

-- English as before; where the server has unaccent, "Léon" and "Leon" are one word.
CREATE TEXT SEARCH CONFIGURATION "marquee" (COPY = pg_catalog.english);
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'unaccent') THEN
    BEGIN
      CREATE EXTENSION IF NOT EXISTS unaccent;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'unaccent') THEN
    ALTER TEXT SEARCH CONFIGURATION "marquee"
      ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
  END IF;
END $$;

-- A name in small letters without the marks above and below its letters.
CREATE FUNCTION marquee_plain(name TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT lower(regexp_replace(normalize(name, NFD), '[\u0300-\u036f]', '', 'g'))
$$;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
    DROP INDEX IF EXISTS "Title_name_trigrams";
    CREATE INDEX "Title_name_trigrams" ON "Title" USING GIN (marquee_plain("name") gin_trgm_ops);
  END IF;
END $$;

DROP INDEX "Line_words";
CREATE INDEX "Line_words" ON "Line" USING GIN (to_tsvector('marquee', "text"));

-- Profiles that are there are made anew, with the words as they are written now.
INSERT INTO "OutdatedProfile" ("titleId") SELECT "titleId" FROM "TitleProfile" ORDER BY 1
  ON CONFLICT ("titleId") DO UPDATE SET "changes" = "OutdatedProfile"."changes" + 1;
