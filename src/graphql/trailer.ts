import {
  Arg,
  Ctx,
  Directive,
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
import { pageRequest } from '../catalog/page.js';
import type { Shot as ShotRow, Trailer as TrailerRow } from '../generated/prisma/client.js';
import { AnalysisConnection } from './analysis.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { LineKind, LineOrigin, ShotKind, SourceKind } from './enums.js';
import { Node } from './node.js';
import { Prediction } from './prediction.js';
import { Count, DateTime, Seconds } from './scalars.js';
import { thumbnailUrl } from './thumbnail.js';
import { Title } from './title.js';

@ObjectType({ description: 'Where a trailer comes from.' })
export class TrailerSource {
  @Field(() => SourceKind, { description: 'The kind of place.' })
  kind!: SourceKind;

  @Field(() => String, { description: "The path, the address, or the upload's id." })
  locator!: string;
}

@ObjectType({ description: 'A stretch of a trailer between two cuts.' })
export class Shot {
  @Field(() => Count, { description: 'Its number in the trailer, from 0.' })
  index!: number;

  @Field(() => Seconds, { description: "Where it begins, in seconds from the trailer's first frame." })
  startSeconds!: number;

  @Field(() => Seconds, { description: 'Where it ends.' })
  endSeconds!: number;

  @Field(() => ShotKind, { description: 'What it shows.' })
  kind!: ShotKind;
}

@ObjectType({ description: 'A line of the transcript.' })
export class TranscriptLine {
  @Field(() => Seconds, { description: "Where it begins, in seconds from the trailer's first frame." })
  startSeconds!: number;

  @Field(() => Seconds, { description: 'Where it ends.' })
  endSeconds!: number;

  @Field(() => String, { description: 'The words, without markup.' })
  text!: string;

  @Field(() => LineKind, { description: 'Speech, music or the description of a sound.' })
  kind!: LineKind;

  @Field(() => String, { nullable: true, description: 'Who speaks, where it is known.' })
  speaker!: string | null;

  @Field(() => LineOrigin, { description: 'Where the line comes from.' })
  origin!: LineOrigin;

  @Field(() => Float, {
    nullable: true,
    description: 'How sure speech recognition is, 0 to 1; null for subtitles.',
  })
  confidence!: number | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ implements: Node, description: "A title's trailer." })
export class Trailer extends Node {
  @Field(() => String, { nullable: true, description: 'sha256 of the file; null before it was fetched.' })
  contentHash!: string | null;

  @Field(() => Seconds, { nullable: true, description: 'Its length; null before it was probed.' })
  durationSeconds!: number | null;

  @Field(() => Int, { nullable: true, description: 'Width of the picture as displayed, in pixels.' })
  width!: number | null;

  @Field(() => Int, { nullable: true, description: 'Height of the picture as displayed, in pixels.' })
  height!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Language of the transcript (BCP 47), where it is known.',
  })
  language!: string | null;

  @Field(() => DateTime, { description: 'When it was first handed in.' })
  createdAt!: Date;
}

export const TrailerConnection = connectionType('Trailer', () => Trailer);

@Resolver(() => Trailer)
export class TrailerResolver {
  @Query(() => Trailer, { nullable: true, description: 'A trailer by its id; null when there is none.' })
  trailer(
    @Ctx() { loaders }: Context,
    @Arg('id', () => ID, { description: "The trailer's id." }) id: string,
  ) {
    return loaders.trailer.load(id);
  }

  @FieldResolver(() => Title, { description: 'The title that it is for.' })
  title(@Ctx() { loaders }: Context, @Root() trailer: TrailerRow) {
    return loaders.title.load(trailer.titleId);
  }

  @FieldResolver(() => TrailerSource, { description: 'Where it comes from.' })
  source(@Root() trailer: TrailerRow) {
    return { kind: trailer.sourceKind, locator: trailer.sourceLocator };
  }

  @FieldResolver(() => [Shot], { description: 'Its shots in time; empty before it was decoded.' })
  shots(@Ctx() { loaders }: Context, @Root() trailer: TrailerRow) {
    return loaders.shots.load(trailer.id);
  }

  @FieldResolver(() => [TranscriptLine], { description: 'Its words in time; empty when there are none.' })
  transcript(@Ctx() { loaders }: Context, @Root() trailer: TrailerRow) {
    return loaders.lines.load(trailer.id);
  }

  @FieldResolver(() => AnalysisConnection, { description: 'Its analyses, newest first.' })
  async analyses(
    @Ctx() { loaders }: Context,
    @Root() trailer: TrailerRow,
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
  ) {
    const request = pageRequest(first, after);
    const page = await loaders.analysesOfTrailer.load(trailer.id, request);
    return connection(page, request, () => loaders.analysisCount.load(trailer.id));
  }

  @FieldResolver(() => Prediction, {
    nullable: true,
    description: 'Its newest prediction; null before the first one.',
  })
  prediction(@Ctx() { loaders }: Context, @Root() trailer: TrailerRow) {
    return loaders.predictionOfTrailer.load(trailer.id);
  }
}

@Resolver(() => Shot)
export class ShotResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description: 'Address of a picture of it on this server; null where no frame is fit to show.',
  })
  thumbnailUrl(@Ctx() context: Context, @Root() shot: ShotRow) {
    return thumbnailUrl(context, shot);
  }
}
