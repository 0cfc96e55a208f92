import { Arg, Ctx, Field, FieldResolver, Float, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { pageRequest } from '../catalog/page.js';
import type { LabelWord } from '../discovery/query-words.js';
import { pageOfMatches, type TitleMatch } from '../discovery/search.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { MatchKind } from './enums.js';
import { Label } from './label.js';
import { Title } from './title.js';
import { checkedFilter, TitleFilter } from './title-arguments.js';

@ObjectType({ description: 'A word of a query that was taken for labels.' })
export class LabelMention {
  @Field(() => String, { description: 'The word or words.' })
  word!: string;
}

@ObjectType({ description: 'What a query was taken for.' })
export class Interpretation {
  @Field(() => String, { description: 'What names, texts and meanings were searched for.' })
  text!: string;

  @Field(() => [LabelMention], {
    description: 'Words that were taken for labels: each title has one of each, accepted or suggested.',
  })
  include!: LabelWord[];

  @Field(() => [LabelMention], { description: 'Words that were taken for labels that no title may have.' })
  exclude!: LabelWord[];

  @Field(() => [String], { description: "Words in quotes: each title's texts have them side by side." })
  phrases!: string[];

  @Field(() => [String], { description: "Other words, or words in quotes, that no title's texts may have." })
  withoutWords!: string[];
}

@ObjectType({ description: 'A title that a search found.' })
export class TitleHit {
  @Field(() => Float, {
    description: 'How well it fits, 0 to 1: its places in the lists by name, words, meaning and labels.',
  })
  score!: number;

  @Field(() => [MatchKind], { description: 'What it was found by.' })
  matchedBy!: (keyof typeof MatchKind)[];
}

interface HitRow extends TitleMatch {
  highlight: string | null;
}

@ObjectType({ description: 'A page of what a search found.' })
export class TitleSearchConnection extends connectionType('TitleHit', () => TitleHit, 'TitleSearch') {
  @Field(() => Interpretation, { description: 'What the query was taken for.' })
  interpretedAs!: Interpretation;
}

@Resolver(() => TitleHit)
export class TitleSearchResolver {
  @Query(() => TitleSearchConnection, {
    description:
      'Titles by name (typing errors allowed), words, meaning and labels. Words such as "dark" or "revenge" filter by label, words in quotes must stand side by side, and "not gory" or "without romance" leave titles out; nonsense finds nothing. Each of the lists is read to its best 200.',
  })
  async searchTitles(
    @Ctx() context: Context,
    @Arg('query', () => String, { description: 'What to look for, at most 300 characters.' }) query: string,
    @Arg('filter', () => TitleFilter, { nullable: true, description: 'Which titles may be found.' })
    filter?: TitleFilter | null,
    @Arg('minScore', () => Float, { nullable: true, description: 'Leave out what scores less, 0 to 1.' })
    minScore?: number | null,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first = 20,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
  ) {
    const request = pageRequest(first, after);
    const { discovery } = context;
    const { matches, interpretation } = await discovery.search({
      query,
      filter: await checkedFilter(filter, context),
      minScore: minScore ?? 0,
    });
    const page = pageOfMatches(matches, request);
    const highlights = await discovery.highlights(
      interpretation.text,
      page.rows.map(({ id }) => id),
    );
    const rows = page.rows.map((row): HitRow => ({ ...row, highlight: highlights.get(row.id) ?? null }));
    return {
      ...connection({ ...page, rows }, request, async () => matches.length),
      interpretedAs: interpretation,
    };
  }

  @FieldResolver(() => Title, {
    nullable: true,
    description: 'The title; null when it has just been deleted.',
  })
  title(@Ctx() { loaders }: Context, @Root() { id }: HitRow) {
    return loaders.title.load(id);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Pieces of name and synopsis with the words that were found between « and ».',
  })
  highlight(@Root() { highlight }: HitRow): string | null {
    return highlight?.includes('«') ? highlight : null;
  }
}

@Resolver(() => LabelMention)
export class LabelMentionResolver {
  @FieldResolver(() => [Label], { description: 'The labels that it may mean.' })
  async labels(@Ctx() { loaders }: Context, @Root() { labels }: LabelWord) {
    const found = await loaders.label.loadMany(labels);
    return found.filter((label) => label !== null && !(label instanceof Error));
  }
}
