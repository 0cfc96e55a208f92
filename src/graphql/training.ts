import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { TrainingRequest } from '../analysis/learning/training-request.js';
import type { LearningEvent, LearningRun } from '../generated/prisma/client.js';
import { Classifier } from './classifier.js';
import type { Context } from './context.js';
import { Node } from './node.js';
import { Run, RunEvent } from './run.js';
import { Figures } from './scalars.js';
import { Stream } from './stream.js';
import { checkedAfter } from './subscriptions.js';

const MOST_TRAININGS = 100;

@ObjectType({ implements: Node, description: 'A run that teaches a classifier from labelled rows.' })
export class Training extends Run {}

@ObjectType({
  description: 'Something that happened to a training. Events are numbered from 1 without a gap.',
})
export class TrainingEvent extends RunEvent {}

@Resolver(() => Training)
export class TrainingResolver {
  @Query(() => Training, { nullable: true, description: 'A training by its id; null when there is none.' })
  training(
    @Ctx() { loaders }: Context,
    @Arg('id', () => ID, { description: "The training's id." }) id: string,
  ) {
    return loaders.training.load(id);
  }

  @Query(() => [Training], { description: 'The newest trainings, at most 100, newest first.' })
  trainings(@Ctx() { prisma }: Context) {
    return prisma.learningRun.findMany({
      where: { kind: 'TRAINING' },
      orderBy: { createdAt: 'desc' },
      take: MOST_TRAININGS,
    });
  }

  @FieldResolver(() => String, { description: 'Of the classifier that comes of it.' })
  name(@Root() run: LearningRun) {
    return (run.request as unknown as TrainingRequest).name;
  }

  @FieldResolver(() => Figures, { description: 'What was asked for: rows, head, groups, seed and aim.' })
  request(@Root() run: LearningRun) {
    return run.request;
  }

  @FieldResolver(() => Classifier, {
    nullable: true,
    description: 'What came of it; null before it succeeded.',
  })
  classifier(@Ctx() { loaders }: Context, @Root() run: LearningRun) {
    return run.classifierId === null ? null : loaders.classifier.load(run.classifierId);
  }

  @Subscription(() => TrainingEvent, {
    description:
      'The events of a training behind number `after`, first those that were, then those that come; ends behind the one that ends it.',
    subscribe: ({ args, context }) => {
      const { id, after } = args as { id: string; after: number };
      checkedAfter(after);
      return new Stream((signal) => (context as Context).learning.trainings.events(id, after, signal));
    },
  })
  trainingEvents(
    @Root() event: LearningEvent,
    @Arg('id', () => ID, { description: "The training's id." }) _id: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The number of the last event that you have.' })
    _after: number,
  ) {
    return event;
  }
}
