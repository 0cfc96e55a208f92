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
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { editRow, type RowChange, readEdits } from '../discovery/row-edits.js';
import type { BuiltRow } from '../discovery/rows.js';
import { Failure } from '../failure.js';
import type { Context } from './context.js';
import { RowKind } from './enums.js';
import { likedTitles } from './known-titles.js';
import { Label } from './label.js';
import { Count } from './scalars.js';
import { Title } from './title.js';
import { Payload, payload } from './user-error.js';

const MOST_ROWS = 50;
const MOST_TITLES = 50;
const MOST_LIKED = 200;

@ObjectType({ description: 'A collection of titles that is worth putting on a page.' })
export class Row {
  @Field(() => ID, { description: 'Names the row for ever: its labels, joined by `+`.' })
  ruleId!: string;

  @Field(() => RowKind, { description: 'What it is made of.' })
  kind!: keyof typeof RowKind;

  @Field(() => String, { description: 'The name for people, as in "Dark tales of revenge".' })
  name!: string;

  @Field(() => Boolean, { description: 'An editor keeps it on the page.' })
  pinned!: boolean;

  @Field(() => Count, { description: 'How many titles of the whole catalog the rule fits.' })
  matching!: number;
}

@ObjectType({ description: 'What an editor decided about a row.' })
export class RowEdit {
  @Field(() => ID, { description: "The row's id." })
  ruleId!: string;

  @Field(() => Boolean, { description: 'It is kept on the page, in front of others.' })
  pinned!: boolean;

  @Field(() => Boolean, { description: 'It is kept off the page.' })
  hidden!: boolean;

  @Field(() => String, { nullable: true, description: 'Its name; null: its own.' })
  name!: string | null;
}

@InputType({ description: 'Whether a row is kept on the page.' })
class PinRowInput {
  @Field(() => ID, { description: "The row's id." })
  ruleId!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'False: no longer.' })
  pinned!: boolean;
}

@InputType({ description: 'Whether a row is kept off the page.' })
class HideRowInput {
  @Field(() => ID, { description: "The row's id." })
  ruleId!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'False: no longer.' })
  hidden!: boolean;
}

@InputType({ description: 'What a row is to be called.' })
class RenameRowInput {
  @Field(() => ID, { description: "The row's id." })
  ruleId!: string;

  @Field(() => String, { nullable: true, description: 'At most 120 characters; null: its own name again.' })
  name?: string | null;
}

@ObjectType({ description: 'What came of `pinRow`.' })
class PinRowPayload extends Payload {
  @Field(() => RowEdit, { nullable: true, description: 'Everything that is decided about the row.' })
  edit?: RowEdit | null;
}

@ObjectType({ description: 'What came of `hideRow`.' })
class HideRowPayload extends Payload {
  @Field(() => RowEdit, { nullable: true, description: 'Everything that is decided about the row.' })
  edit?: RowEdit | null;
}

@ObjectType({ description: 'What came of `renameRow`.' })
class RenameRowPayload extends Payload {
  @Field(() => RowEdit, { nullable: true, description: 'Everything that is decided about the row.' })
  edit?: RowEdit | null;
}

@Resolver(() => Row)
export class RowResolver {
  @Query(() => [Row], {
    description:
      'Mood and theme collections for a page. No title comes twice; the same catalog gives the same rows all day (UTC).',
  })
  async rows(
    @Ctx() context: Context,
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many rows, 1 to 50.' }) first: number,
    @Arg('kinds', () => [RowKind], { nullable: true, description: 'Only these kinds.' })
    kinds: (keyof typeof RowKind)[] | null | undefined,
    @Arg('liked', () => [ID], {
      nullable: true,
      description:
        'For this taste, at most 200 titles. Those that were deleted do not count; one must be left.',
    })
    liked: string[] | null | undefined,
    @Arg('size', () => Int, { defaultValue: 20, description: 'How many titles a row, 6 to 50.' })
    size: number,
    @Arg('freshFirst', () => Boolean, {
      defaultValue: false,
      description: 'In each row the titles that came in last come first.',
    })
    freshFirst: boolean,
  ) {
    if (!(first >= 1 && first <= MOST_ROWS)) throw bad('first', `Ask for 1 to ${MOST_ROWS} rows.`);
    if (!(size >= 6 && size <= MOST_TITLES)) throw bad('size', `Ask for 6 to ${MOST_TITLES} titles a row.`);
    if ((liked?.length ?? 0) > MOST_LIKED) throw bad('liked', `Name at most ${MOST_LIKED} liked titles.`);
    const day = new Date().toISOString().slice(0, 10);
    const known = await likedTitles(liked ?? [], context);
    return context.discovery.rows({ first, size, kinds: kinds ?? null, liked: known, freshFirst, day });
  }

  @Authorized('editor')
  @Query(() => [RowEdit], {
    description:
      'What editors decided about rows: also those that are kept off the page, which `rows` does not list. Needs the role `editor`.',
  })
  rowEdits(@Ctx() { prisma }: Context) {
    return readEdits(prisma);
  }

  @FieldResolver(() => [Label], { description: 'The rule: every title of the row has these labels.' })
  async labels(@Ctx() { loaders }: Context, @Root() { labels }: BuiltRow) {
    const found = await loaders.label.loadMany(labels);
    return found.filter((label) => label !== null && !(label instanceof Error));
  }

  @FieldResolver(() => String, { description: 'The rule in words: "Dark and Revenge".' })
  async rule(@Ctx() { loaders }: Context, @Root() { labels }: BuiltRow): Promise<string> {
    const found = await loaders.label.loadMany(labels);
    return found.flatMap((label) => (label && !(label instanceof Error) ? label.name : [])).join(' and ');
  }

  @FieldResolver(() => [Title], { description: 'Its titles, in order.' })
  async titles(@Ctx() { loaders }: Context, @Root() { titleIds }: BuiltRow) {
    const titles = await loaders.title.loadMany(titleIds);
    return titles.filter((title) => title !== null && !(title instanceof Error));
  }

  @Authorized('editor')
  @Mutation(() => PinRowPayload, { description: 'Keeps a row on the page. Needs the role `editor`.' })
  pinRow(
    @Ctx() context: Context,
    @Arg('input', () => PinRowInput, { description: 'Which one.' }) { ruleId, pinned }: PinRowInput,
  ) {
    return edited(context, ruleId, pinned ? { pinned, hidden: false } : { pinned });
  }

  @Authorized('editor')
  @Mutation(() => HideRowPayload, { description: 'Keeps a row off the page. Needs the role `editor`.' })
  hideRow(
    @Ctx() context: Context,
    @Arg('input', () => HideRowInput, { description: 'Which one.' }) { ruleId, hidden }: HideRowInput,
  ) {
    return edited(context, ruleId, hidden ? { hidden, pinned: false } : { hidden });
  }

  @Authorized('editor')
  @Mutation(() => RenameRowPayload, { description: 'Gives a row another name. Needs the role `editor`.' })
  renameRow(
    @Ctx() context: Context,
    @Arg('input', () => RenameRowInput, { description: 'Which one, and its name.' })
    { ruleId, name }: RenameRowInput,
  ) {
    return edited(context, ruleId, { name: name ?? null });
  }
}

function edited(context: Context, ruleId: string, change: RowChange) {
  return payload(context, async () => ({
    edit: await editRow(context.prisma, ruleId, change, context.caller.name),
  }));
}

function bad(argument: string, message: string): Failure {
  return new Failure('BAD_INPUT', message, { path: [argument] });
}
