import { Ctx, Field, FieldResolver, Float, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { FailureCode } from '../failure.js';
import type { LearningRun } from '../generated/prisma/client.js';
import { AnalysisError } from './analysis.js';
import type { Context } from './context.js';
import { LearningState } from './enums.js';
import { Node } from './node.js';
import { Count, DateTime } from './scalars.js';

/** What trainings and re-taggings have in common. */
@ObjectType()
export abstract class Run extends Node {
  @Field(() => LearningState, { description: 'How far it is.' })
  state!: LearningState;

  @Field(() => String, { description: 'Who asked for it.' })
  requestedBy!: string;

  @Field(() => Boolean, { description: 'Somebody asked for it to stop.' })
  cancelRequested!: boolean;

  @Field(() => Count, { description: 'How many times a worker took it up.' })
  attempt!: number;

  @Field(() => Count, { description: 'Number of its newest event.' })
  lastEvent!: number;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When a worker last took it up.' })
  startedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;
}

/** Its fields are those of trainings and re-taggings, for both inherit from it. */
@Resolver(() => Run)
export class RunResolver {
  @FieldResolver(() => Float, { description: 'Share of it that is done, 0 to 1.' })
  async progress(@Ctx() { loaders }: Context, @Root() run: LearningRun) {
    if (run.state === 'SUCCEEDED') return 1;
    const newest = await loaders.runEvent.load(run.id);
    return newest && newest.total > 0 ? newest.done / newest.total : 0;
  }

  @FieldResolver(() => AnalysisError, { nullable: true, description: 'Why it failed; null unless it did.' })
  error(@Root() { errorCode, errorMessage, errorRetryable }: LearningRun): AnalysisError | null {
    if (errorCode === null) return null;
    return {
      code: errorCode as FailureCode,
      message: errorMessage ?? '',
      retryable: errorRetryable ?? false,
    };
  }
}

/** What happened to one of them. */
@ObjectType()
export abstract class RunEvent {
  @Field(() => Count, {
    description: 'Its number: name the last one that you have as `after`, and nothing is missed.',
  })
  number!: number;

  @Field(() => LearningState, { description: 'The state from here on.' })
  state!: LearningState;

  @Field(() => String, { nullable: true, description: 'What is being done, in words.' })
  stage!: string | null;

  @Field(() => Int, { description: 'How much of it is done …' })
  done!: number;

  @Field(() => Int, { description: '… out of how much; 0 where nobody knows.' })
  total!: number;

  @Field(() => String, { nullable: true, description: 'One sentence for people.' })
  message!: string | null;

  @Field(() => DateTime, { description: 'When it happened.' })
  createdAt!: Date;
}
