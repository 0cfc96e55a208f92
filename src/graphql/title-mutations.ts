import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import { importTitles } from '../catalog/title-import.js';
import { createTitle, deleteTitle, openAnalyses, updateTitle } from '../catalog/titles.js';
import type { Title as TitleRow } from '../generated/prisma/client.js';
import { stopAnalyses } from './analysis-mutations.js';
import type { Context } from './context.js';
import { Count } from './scalars.js';
import { Title } from './title.js';
import { Payload, payload, userError } from './user-error.js';

@InputType({ description: "Another system's id for a title." })
class ExternalIdInput {
  @Field(() => String, { description: 'The system, for example `imdb`.' })
  source!: string;

  @Field(() => String, { description: 'The id there, for example `tt0057603`.' })
  value!: string;
}

@InputType({ description: 'What titles say of themselves besides their name.' })
class TitleFields {
  @Field(() => Int, { nullable: true, description: 'The year of the first release, 1870 to 2200.' })
  releaseYear?: number | null;

  @Field(() => String, { nullable: true, description: 'What it is about, at most 20,000 characters.' })
  synopsis?: string | null;

  @Field(() => [String], { nullable: true, description: 'Genres in your own words, at most 50.' })
  genres?: string[] | null;
}

@InputType({ description: 'A new title.' })
class CreateTitleInput extends TitleFields {
  @Field(() => String, { description: 'The name, at most 500 characters.' })
  name!: string;

  @Field(() => [ExternalIdInput], {
    nullable: true,
    description: "Other systems' ids, which no other title has; at most 50.",
  })
  externalIds?: ExternalIdInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'A key of your own: asking again with the same one gives back the same title.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Changes to a title: what is left out stays, null empties.' })
class UpdateTitleInput extends TitleFields {
  @Field(() => ID, { description: "The title's id." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The name, at most 500 characters; it cannot be empty.',
  })
  name?: string | null;

  @Field(() => [ExternalIdInput], {
    nullable: true,
    description: "All of other systems' ids, in place of those so far.",
  })
  externalIds?: ExternalIdInput[] | null;
}

@InputType({ description: 'Which title to delete.' })
class DeleteTitleInput {
  @Field(() => ID, { description: "The title's id." })
  id!: string;
}

@InputType({ description: 'One title of an import.' })
class ImportTitleInput extends TitleFields {
  @Field(() => ExternalIdInput, {
    description: 'Says which title is meant: the one that has it, else a new one.',
  })
  externalId!: ExternalIdInput;

  @Field(() => String, { description: 'The name, at most 500 characters.' })
  name!: string;
}

@InputType({ description: 'Titles to create or update.' })
class ImportTitlesInput {
  @Field(() => [ImportTitleInput], { description: 'The titles, at most 1,000 a call.' })
  titles!: ImportTitleInput[];
}

@ObjectType({ description: 'What came of `createTitle`.' })
class CreateTitlePayload extends Payload {
  @Field(() => Title, { nullable: true, description: 'The new title.' })
  title?: Title | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'False where the idempotency key named a title that was there.',
  })
  created?: boolean | null;
}

@ObjectType({ description: 'What came of `updateTitle`.' })
class UpdateTitlePayload extends Payload {
  @Field(() => Title, { nullable: true, description: 'The title as it is now.' })
  title?: Title | null;
}

@ObjectType({ description: 'What came of `deleteTitle`.' })
class DeleteTitlePayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id of the title that is gone.' })
  deletedTitleId?: string | null;
}

@ObjectType({ description: 'A row of an import that was stored.' })
class ImportedTitle {
  @Field(() => Count, { description: 'Its place in `titles`, from 0.' })
  row!: number;

  @Field(() => Boolean, { description: 'True for a new title, false for one that was updated.' })
  created!: boolean;
}

@ObjectType({
  description:
    'What came of `importTitles`. Rows that are not usable are in `errors`, by their `path`; the rest is stored.',
})
class ImportTitlesPayload extends Payload {
  @Field(() => [ImportedTitle], { nullable: true, description: 'The rows that were stored, in their order.' })
  imported?: ImportedTitle[] | null;
}

@Resolver()
export class TitleMutations {
  @Authorized('service')
  @Mutation(() => CreateTitlePayload, { description: 'Adds a title. Needs the role `service`.' })
  createTitle(
    @Ctx() context: Context,
    @Arg('input', () => CreateTitleInput, { description: 'The title.' }) input: CreateTitleInput,
  ) {
    return payload(context, () => createTitle(context.prisma, input));
  }

  @Authorized('service')
  @Mutation(() => UpdateTitlePayload, { description: 'Changes a title. Needs the role `service`.' })
  updateTitle(
    @Ctx() context: Context,
    @Arg('input', () => UpdateTitleInput, { description: 'The changes.' }) input: UpdateTitleInput,
  ) {
    const { id, ...changes } = given(input);
    return payload(context, async () => ({ title: await updateTitle(context.prisma, id, changes) }));
  }

  @Authorized('editor')
  @Mutation(() => DeleteTitlePayload, {
    description:
      'Deletes a title with its trailers, analyses, predictions and reviews. Needs the role `editor`.',
  })
  deleteTitle(
    @Ctx() context: Context,
    @Arg('input', () => DeleteTitleInput, { description: 'Which one.' }) { id }: DeleteTitleInput,
  ) {
    return payload(context, async () => {
      await stopAnalyses(context, await openAnalyses(context.prisma, id));
      await deleteTitle(context.prisma, id);
      return { deletedTitleId: id };
    });
  }

  @Authorized('service')
  @Mutation(() => ImportTitlesPayload, {
    description: 'Creates or updates many titles by an external id. Needs the role `service`.',
  })
  importTitles(
    @Ctx() context: Context,
    @Arg('input', () => ImportTitlesInput, { description: 'The titles.' }) { titles }: ImportTitlesInput,
  ) {
    return payload(context, async () => {
      const { imported, failures } = await importTitles(context.prisma, titles);
      return { imported, errors: failures.map(userError) };
    });
  }
}

@Resolver(() => ImportedTitle)
export class ImportedTitleResolver {
  @FieldResolver(() => Title, { description: 'The title as it is now.' })
  title(@Ctx() { loaders }: Context, @Root() { titleId }: { titleId: string }): Promise<TitleRow | null> {
    return loaders.title.load(titleId);
  }
}

/** The input without what was left out, so that it can be told from null. */
function given<T extends object>(input: T): T {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T;
}
