-- Vectors of a trailer one of whose signals was missing were stored as the text of their bytes in base64.
CREATE TEMPORARY TABLE "AsText" ON COMMIT DROP AS
  SELECT v."id", t."titleId" FROM "SignalVector" v JOIN "Trailer" t ON t."id" = v."trailerId"
  WHERE EXISTS (SELECT FROM "SignalVector" m WHERE m."trailerId" = v."trailerId" AND m."vector" IS NULL)
    AND encode(v."vector", 'escape') ~ '^[A-Za-z0-9+/]{16,}={0,2}$';

UPDATE "SignalVector" v SET "vector" = decode(convert_from(v."vector", 'UTF8'), 'base64')
  FROM "AsText" a WHERE a."id" = v."id";

-- What discovery made of them is made anew.
INSERT INTO "OutdatedProfile" ("titleId") SELECT DISTINCT "titleId" FROM "AsText" ORDER BY 1
  ON CONFLICT ("titleId") DO UPDATE SET "changes" = "OutdatedProfile"."changes" + 1;
