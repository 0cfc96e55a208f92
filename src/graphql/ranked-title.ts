import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { RankedTitle as RankedRow } from '../discovery/ranking.js';
import { reasonSentence } from '../discovery/reasons.js';
import { Failure } from '../failure.js';
import type { Context } from './context.js';
import { knownTitles, likedTitles } from './known-titles.js';
import { Reason } from './reason.js';
import { Title } from './title.js';
import { checkedFilter, TitleFilter } from './title-arguments.js';

const MOST_RANKED = 100;
const MOST_LIKED = 200;

@ObjectType({ description: 'A title that fits a taste.' })
export class RankedTitle {
  @Field(() => Float, {
    description: 'How well it fits, less what it repeats of the titles above it; falls from title to title.',
  })
  score!: number;

  @Field(() => [Reason], { description: 'What it shares with `becauseOf`.' })
  reasons!: Reason[];
}

@Resolver(() => RankedTitle)
export class RankedTitleResolver {
  @Query(() => [RankedTitle], {
    description:
      'Titles for a taste that nobody needs to have watched. Different tastes among the liked titles are served in turn, by their sizes. Without liked titles: the newest titles, newest first, each with score 0.',
  })
  async rankForTaste(
    @Ctx() context: Context,
    @Arg('liked', () => [ID], {
      description:
        'Titles that are liked, at most 200. Those that were deleted do not count; one must be left.',
    })
    liked: string[],
    @Arg('disliked', () => [ID], { nullable: true, description: 'Titles that are not, at most 200.' })
    disliked?: string[] | null,
    @Arg('candidates', () => TitleFilter, { nullable: true, description: 'Which titles may be ranked.' })
    candidates?: TitleFilter | null,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first = 20,
    @Arg('diversity', () => Float, {
      defaultValue: 0.1,
      description: 'How different from each other the titles are, 0 to 1.',
    })
    diversity = 0.1,
  ) {
    if (!(first >= 1 && first <= MOST_RANKED)) throw bad('first', `Ask for 1 to ${MOST_RANKED} titles.`);
    if (!(diversity >= 0 && diversity <= 1)) throw bad('diversity', 'Give a diversity from 0 to 1.');
    if (liked.length > MOST_LIKED) throw bad('liked', `Name at most ${MOST_LIKED} liked titles.`);
    if ((disliked?.length ?? 0) > MOST_LIKED) throw bad('disliked', `Name at most ${MOST_LIKED} titles.`);
    return context.discovery.rank({
      liked: await likedTitles(liked, context),
      disliked: await knownTitles(disliked ?? [], 'disliked', context),
      ...{ first, diversity, restriction: { filter: await checkedFilter(candidates, context) } },
    });
  }

  @FieldResolver(() => Title, {
    nullable: true,
    description: 'The title; null when it has just been deleted.',
  })
  title(@Ctx() { loaders }: Context, @Root() { id }: RankedRow) {
    return loaders.title.load(id);
  }

  @FieldResolver(() => Title, {
    nullable: true,
    description: 'The liked title that it is nearest to; null when nothing is liked.',
  })
  becauseOf(@Ctx() { loaders }: Context, @Root() { because }: RankedRow) {
    return because === null ? null : loaders.title.load(because);
  }

  @FieldResolver(() => String, { description: 'The reasons in words.' })
  because(@Root() { because, reasons }: RankedRow): string {
    return because === null ? 'new in the catalog' : reasonSentence(reasons);
  }
}

function bad(argument: string, message: string): Failure {
  return new Failure('BAD_INPUT', message, { path: [argument] });
}
