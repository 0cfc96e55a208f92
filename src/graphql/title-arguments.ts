import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import { checked, requiredText, text } from '../catalog/input.js';
import type * as catalog from '../catalog/title-filter.js';
import { Failure } from '../failure.js';
import type { Context } from './context.js';
import { OrderDirection, TagState, TitleOrderField } from './enums.js';

@InputType({ description: 'Conditions on a text; letter case does not matter.' })
class TextFilter {
  @Field(() => String, { nullable: true, description: 'It holds this.' })
  contains?: string | null;

  @Field(() => String, { nullable: true, description: 'It begins with this.' })
  startsWith?: string | null;
}

@InputType({ description: 'A range of years, both ends included.' })
class YearRange {
  @Field(() => Int, { nullable: true, description: 'This year or later.' })
  min?: number | null;

  @Field(() => Int, { nullable: true, description: 'This year or earlier.' })
  max?: number | null;
}

@InputType({ description: "Another system's id." })
class ExternalIdFilter {
  @Field(() => String, { description: 'The system, for example `imdb`.' })
  source!: string;

  @Field(() => String, { nullable: true, description: 'The id there; any when left out.' })
  value?: string | null;
}

@InputType({ description: "A tag of the title's newest prediction." })
class TagFilter {
  @Field(() => ID, { description: "The label's id, for example `mood/dark`." })
  label!: string;

  @Field(() => Float, { nullable: true, description: 'The probability is at least this, 0 to 1.' })
  minProbability?: number | null;

  @Field(() => [TagState], {
    nullable: true,
    description: 'The tag is in one of these states; `ACCEPTED` when left out.',
  })
  states?: TagState[] | null;
}

@InputType({ description: 'Which titles are meant. Every condition that is given must hold.' })
export class TitleFilter implements catalog.TitleFilter {
  @Field(() => TextFilter, { nullable: true, description: 'Conditions on the name.' })
  name?: TextFilter | null;

  @Field(() => YearRange, {
    nullable: true,
    description: 'The release year; titles without one are left out.',
  })
  releaseYear?: YearRange | null;

  @Field(() => ExternalIdFilter, { nullable: true, description: "Another system's id for the title." })
  externalId?: ExternalIdFilter | null;

  @Field(() => Boolean, { nullable: true, description: 'It has a prediction, or has none yet.' })
  hasPrediction?: boolean | null;

  @Field(() => [TagFilter], {
    nullable: true,
    description: 'Tags of its newest prediction, at most 10; all must be there.',
  })
  tags?: TagFilter[] | null;
}

@InputType({ description: 'The order of a list of titles.' })
export class TitleOrder {
  @Field(() => TitleOrderField, { description: 'What to order by.' })
  field!: keyof typeof TitleOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Which end comes first.' })
  direction!: keyof typeof OrderDirection;
}

const probability = 'Give a probability from 0 to 1.';
const fragment = text('The text to look for', 200).nullish();

const usableFilter = z.object({
  name: z.object({ contains: fragment, startsWith: fragment }).nullish(),
  releaseYear: z
    .object({ min: z.number().nullish(), max: z.number().nullish() })
    .refine(({ min, max }) => min == null || max == null || min <= max, {
      message: 'The range of years ends before it begins: exchange min and max.',
    })
    .nullish(),
  externalId: z
    .object({
      source: requiredText('The source', 50).toLowerCase(),
      value: requiredText('The value', 200).nullish(),
    })
    .nullish(),
  hasPrediction: z.boolean().nullish(),
  tags: z
    .array(
      z.object({
        label: requiredText('The label', 100),
        minProbability: z.number().min(0, probability).max(1, probability).nullish(),
        states: z.array(z.enum(TagState)).nullish(),
      }),
    )
    .max(10, 'Filter by at most 10 tags.')
    .nullish(),
});

/** @throws AggregateError of Failures BAD_INPUT: what finds nothing by a slip is told from what is not there */
export async function checkedFilter(
  filter: TitleFilter | null | undefined,
  { loaders }: Pick<Context, 'loaders'>,
): Promise<catalog.TitleFilter> {
  if (!filter) return {};
  const usable = checked(usableFilter, filter, ['filter']);
  const labels = await Promise.all((usable.tags ?? []).map(({ label }) => loaders.label.load(label)));
  const unknown = labels.flatMap((label, i) =>
    label === null ? [unknownLabel(usable.tags![i]!.label, i)] : [],
  );
  if (unknown.length > 0) throw new AggregateError(unknown);
  return usable;
}

function unknownLabel(label: string, place: number): Failure {
  return new Failure('BAD_INPUT', `There is no label ${label}: give the id of one that taxonomy lists.`, {
    path: ['filter', 'tags', String(place), 'label'],
  });
}
