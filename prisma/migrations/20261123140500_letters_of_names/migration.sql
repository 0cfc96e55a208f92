-- Trigrams know the letters of few scripts. Names in the others are found by their letters, without reading all names.
-- Prisma does not know of it.
CREATE INDEX "Title_name_letters" ON "Title" USING GIN (string_to_array(marquee_plain("name"), NULL))
  WHERE "name" ~ '[^\u0001-\u024f]';
