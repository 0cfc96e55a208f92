import {
  Arg,
  Ctx,
  Directive,
  Field,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { pageRequest } from '../catalog/page.js';
import { countTitles, listTitles } from '../catalog/titles.js';
import type { Title as TitleRow } from '../generated/prisma/client.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { Node } from './node.js';
import { Prediction } from './prediction.js';
import { DateTime } from './scalars.js';
import { checkedFilter, TitleFilter, TitleOrder } from './title-arguments.js';
import { TrailerConnection } from './trailer.js';

@ObjectType({ description: "Another system's id for a title." })
export class ExternalId {
  @Field(() => String, { description: 'The system, for example `imdb`.' })
  source!: string;

  @Field(() => String, { description: 'The id there, for example `tt0057603`.' })
  value!: string;
}

@Directive('@key(fields: "id")')
@ObjectType({ implements: Node, description: 'A film or series in the catalog.' })
export class Title extends Node {
  @Field(() => String, { description: 'The name for people.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'The year of the first release.' })
  releaseYear!: number | null;

  @Field(() => String, { nullable: true, description: 'What it is about.' })
  synopsis!: string | null;

  @Field(() => [String], { description: "Genres as the catalog's source gave them, in its own words." })
  genres!: string[];

  @Field(() => DateTime, { description: 'When it came into the catalog.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

export const TitleConnection = connectionType('Title', () => Title);

@Resolver(() => Title)
export class TitleResolver {
  @Query(() => Title, { nullable: true, description: 'A title by its id; null when there is none.' })
  title(@Ctx() { loaders }: Context, @Arg('id', () => ID, { description: "The title's id." }) id: string) {
    return loaders.title.load(id);
  }

  @Query(() => TitleConnection, { description: 'The titles of the catalog.' })
  async titles(
    @Ctx() context: Context,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
    @Arg('filter', () => TitleFilter, { nullable: true, description: 'Which titles; all when left out.' })
    given?: TitleFilter | null,
    @Arg('orderBy', () => TitleOrder, {
      nullable: true,
      description: 'In which order; newest first when left out.',
    })
    orderBy?: TitleOrder | null,
  ) {
    const { prisma } = context;
    const filter = await checkedFilter(given, context);
    const order = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' };
    const request = pageRequest(first, after);
    const page = await listTitles(prisma, filter, order, request);
    return connection(page, request, () => countTitles(prisma, filter));
  }

  @FieldResolver(() => [ExternalId], { description: "Other systems' ids for it." })
  externalIds(@Ctx() { loaders }: Context, @Root() title: TitleRow) {
    return loaders.externalIds.load(title.id);
  }

  @FieldResolver(() => TrailerConnection, { description: 'Its trailers, newest first.' })
  async trailers(
    @Ctx() { loaders }: Context,
    @Root() title: TitleRow,
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
  ) {
    const request = pageRequest(first, after);
    const page = await loaders.trailersOfTitle.load(title.id, request);
    return connection(page, request, () => loaders.trailerCount.load(title.id));
  }

  @FieldResolver(() => Prediction, {
    nullable: true,
    description: 'The newest prediction of all its trailers; null before the first one.',
  })
  prediction(@Ctx() { loaders }: Context, @Root() title: TitleRow) {
    return loaders.predictionOfTitle.load(title.id);
  }
}
