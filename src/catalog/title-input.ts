import { z } from 'zod';
import { requiredText, text } from './input.js';

const year = 'Give the release year as a number from 1870 to 2200.';

const externalId = z.object({
  source: z
    .string()
    .trim()
    .toLowerCase()
    .regex(
      /^[a-z0-9._-]{1,50}$/,
      'Name the source with 1 to 50 letters, digits, dots, dashes or underscores.',
    ),
  value: requiredText("The other system's id", 200),
});

const fields = {
  name: requiredText('The name', 500),
  releaseYear: z.int(year).min(1870, year).max(2200, year).nullish(),
  synopsis: text('The synopsis', 20_000).nullish(),
  genres: z.array(requiredText('A genre', 100)).max(50, 'Give at most 50 genres.').nullish(),
};

const externalIds = z.array(externalId).max(50, 'Give at most 50 external ids.').nullish();

/** A new title. */
export const newTitle = z.object({
  ...fields,
  externalIds,
  idempotencyKey: requiredText('An idempotencyKey', 200).nullish(),
});
export type NewTitle = z.input<typeof newTitle>;

const newName = fields.name
  .nullish()
  .refine((name) => name !== null, 'A title needs a name; leave it out to keep the one it has.');

/** Changes to a title: what is left out stays, null empties; a name cannot be empty. */
export const titleChanges = z.object({ ...fields, name: newName, externalIds });
export type TitleChanges = z.input<typeof titleChanges>;

/** One row of an import; the external id says which title is meant. */
export const importedTitle = z.object({ ...fields, externalId });
export type ImportedTitle = z.input<typeof importedTitle>;
export type CheckedImport = z.output<typeof importedTitle>;
export type ExternalIdInput = z.output<typeof externalId>;
