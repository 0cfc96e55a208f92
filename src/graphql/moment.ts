import { Arg, Ctx, Field, FieldResolver, Float, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { pageRequest } from '../catalog/page.js';
import type { MomentMatch } from '../discovery/moments.js';
import { pageOfMatches } from '../discovery/search.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { MomentKind } from './enums.js';
import { Seconds } from './scalars.js';
import { thumbnailUrl } from './thumbnail.js';
import { Trailer } from './trailer.js';

@ObjectType({ description: 'A time inside a trailer that a search found.' })
export class Moment {
  @Field(() => Seconds, { description: 'Where it begins.' })
  startSeconds!: number;

  @Field(() => Seconds, { description: 'Where it ends.' })
  endSeconds!: number;

  @Field(() => String, {
    nullable: true,
    description: 'What is said; null where it was found by its picture.',
  })
  line!: string | null;

  @Field(() => Float, { description: 'How well it fits, 0 to 1: its places in the lists it was found in.' })
  score!: number;

  @Field(() => [MomentKind], { description: 'What it was found by.' })
  matchedBy!: (keyof typeof MomentKind)[];
}

const MomentConnection = connectionType('Moment', () => Moment);

@Resolver(() => Moment)
export class MomentResolver {
  @Query(() => MomentConnection, {
    description:
      'Times inside trailers: by the words of a line, by what the line speaks of, and by the look of a shot. Of pictures only the look is known, in words such as dark, bright, red or fast: what a shot shows is found only where a line says it.',
  })
  async searchMoments(
    @Ctx() { discovery }: Context,
    @Arg('query', () => String, { description: 'What to look for, at most 300 characters.' }) query: string,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
  ) {
    const request = pageRequest(first, after);
    const moments = await discovery.searchMoments(query);
    return connection(pageOfMatches(moments, request), request, async () => moments.length);
  }

  @FieldResolver(() => Trailer, {
    nullable: true,
    description: 'The trailer; null when it has just been deleted.',
  })
  trailer(@Ctx() { loaders }: Context, @Root() { trailerId }: MomentMatch) {
    return loaders.trailer.load(trailerId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'A picture of the shot; null where there is none.',
  })
  async thumbnailUrl(@Ctx() context: Context, @Root() { trailerId, startSeconds }: MomentMatch) {
    const shots = await context.loaders.shots.load(trailerId);
    const shot = shots.findLast((one) => one.startSeconds <= startSeconds);
    return shot ? thumbnailUrl(context, shot) : null;
  }
}
