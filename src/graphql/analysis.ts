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
import { countAnalyses, listAnalyses } from '../catalog/analysis-list.js';
import type { AnalysisRow } from '../catalog/loaders.js';
import { pageRequest } from '../catalog/page.js';
import type { FailureCode } from '../failure.js';
import type {
  AnalysisEvent as AnalysisEventRow,
  AnalysisStage as AnalysisStageRow,
} from '../generated/prisma/client.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { AnalysisState, ErrorCode, EventKind, StageName } from './enums.js';
import { Node } from './node.js';
import { Prediction } from './prediction.js';
import { Count, DateTime, Seconds } from './scalars.js';
import { Trailer } from './trailer.js';

@ObjectType({ description: 'Why an analysis, a training or a re-tagging failed.' })
export class AnalysisError {
  @Field(() => ErrorCode, { description: 'The kind of error.' })
  code!: FailureCode;

  @Field(() => String, { description: 'One sentence for people: what happened and what to do.' })
  message!: string;

  @Field(() => Boolean, { description: 'Trying again without a change can help.' })
  retryable!: boolean;
}

@ObjectType({ description: 'One stage of one analysis.' })
export class AnalysisStage {
  @Field(() => StageName, { description: 'The stage.' })
  stage!: StageName;

  @Field(() => DateTime, { description: 'When it began.' })
  startedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null while it runs.' })
  finishedAt!: Date | null;

  @Field(() => Boolean, { description: 'Its result was known from an earlier run.' })
  cached!: boolean;
}

@ObjectType({ implements: Node, description: 'One run of the pipeline over one trailer.' })
export class Analysis extends Node {
  @Field(() => AnalysisState, { description: 'How far it is.' })
  state!: AnalysisState;

  @Field(() => StageName, { nullable: true, description: 'The stage that runs, or the last one that did.' })
  stage!: StageName | null;

  @Field(() => String, { description: 'The pack that reads the signals.' })
  pack!: string;

  @Field(() => Int, { description: 'Lower numbers run first.' })
  priority!: number;

  @Field(() => Count, { description: 'How many times a worker took it up.' })
  attempt!: number;

  @Field(() => Boolean, { description: 'Somebody asked for it to stop.' })
  cancelRequested!: boolean;

  @Field(() => Count, { description: 'Number of its newest event, for `analysisEvents(after:)`.' })
  lastEvent!: number;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When a worker first took it up.' })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;
}

@ObjectType({
  description: 'Something that happened to an analysis. Events are numbered from 1 without a gap.',
})
export class AnalysisEvent {
  @Field(() => Count, {
    description: 'Its number: name the last one that you have as `after`, and nothing is missed.',
  })
  number!: number;

  @Field(() => EventKind, { description: 'What it reports.' })
  kind!: EventKind;

  @Field(() => AnalysisState, { description: "The analysis's state from here on." })
  state!: AnalysisState;

  @Field(() => StageName, { nullable: true, description: 'The stage that it is about.' })
  stage!: StageName | null;

  @Field(() => Float, { description: 'Share of the whole analysis that is done, 0 to 1.' })
  progress!: number;

  @Field(() => String, { nullable: true, description: 'One sentence for people.' })
  message!: string | null;

  @Field(() => DateTime, { description: 'When it happened.' })
  createdAt!: Date;
}

export const AnalysisConnection = connectionType('Analysis', () => Analysis);

@Resolver(() => Analysis)
export class AnalysisResolver {
  @Query(() => Analysis, { nullable: true, description: 'An analysis by its id; null when there is none.' })
  analysis(
    @Ctx() { loaders }: Context,
    @Arg('id', () => ID, { description: "The analysis's id." }) id: string,
  ) {
    return loaders.analysis.load(id);
  }

  @Query(() => AnalysisConnection, { description: 'The analyses of all trailers, newest first.' })
  async analyses(
    @Ctx() { prisma }: Context,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
    @Arg('states', () => [AnalysisState], {
      nullable: true,
      description: 'In one of these states; any when left out.',
    })
    given?: AnalysisState[] | null,
  ) {
    const states = given ?? [];
    const request = pageRequest(first, after);
    const page = await listAnalyses(prisma, states, request);
    return connection(page, request, () => countAnalyses(prisma, states));
  }

  @FieldResolver(() => Trailer, { description: 'The trailer that it is about.' })
  trailer(@Ctx() { loaders }: Context, @Root() analysis: AnalysisRow) {
    return loaders.trailer.load(analysis.trailerId);
  }

  @FieldResolver(() => Float, { description: 'Share of it that is done, 0 to 1.' })
  progress(@Ctx() { loaders }: Context, @Root() analysis: AnalysisRow) {
    return loaders.progress.load(analysis.id);
  }

  @FieldResolver(() => AnalysisError, { nullable: true, description: 'Why it failed; null unless it did.' })
  error(@Root() analysis: AnalysisRow) {
    const { errorCode: code, errorMessage: message, errorRetryable: retryable } = analysis;
    return code === null ? null : { code, message: message ?? '', retryable: retryable ?? false };
  }

  @FieldResolver(() => [AnalysisStage], { description: 'The stages that began, in their order.' })
  stages(@Ctx() { loaders }: Context, @Root() analysis: AnalysisRow) {
    return loaders.stages.load(analysis.id);
  }

  @FieldResolver(() => Prediction, {
    nullable: true,
    description: 'What came of it; null before it succeeded.',
  })
  prediction(@Ctx() { loaders }: Context, @Root() analysis: AnalysisRow) {
    return loaders.predictionOfAnalysis.load(analysis.id);
  }
}

@Resolver(() => AnalysisStage)
export class AnalysisStageResolver {
  @FieldResolver(() => Seconds, { nullable: true, description: 'How long it took; null while it runs.' })
  seconds(@Root() { startedAt, finishedAt }: AnalysisStageRow) {
    return finishedAt === null ? null : Math.max(0, finishedAt.getTime() - startedAt.getTime()) / 1000;
  }
}

@Resolver(() => AnalysisEvent)
export class AnalysisEventResolver {
  @FieldResolver(() => Analysis, { description: 'The analysis as it is now.' })
  analysis(@Ctx() { loaders }: Context, @Root() event: AnalysisEventRow) {
    return loaders.analysis.load(event.analysisId);
  }
}
