import { Field, Int, ObjectType } from 'type-graphql';
import type { FailureCode } from '../failure.js';
import type { LearningEvent, LearningRun } from '../generated/prisma/client.js';
import { AnalysisError } from './analysis.js';
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

/** Why a run failed; null unless it did. */
export function runError({ errorCode, errorMessage, errorRetryable }: LearningRun): AnalysisError | null {
  if (errorCode === null) return null;
  return {
    code: errorCode as FailureCode,
    message: errorMessage ?? '',
    retryable: errorRetryable ?? false,
  };
}

/** Share of a run that is done, 0 to 1, by its newest event. */
export function shareDone(run: LearningRun, newest: Pick<LearningEvent, 'done' | 'total'> | null): number {
  if (run.state === 'SUCCEEDED') return 1;
  return newest && newest.total > 0 ? newest.done / newest.total : 0;
}
