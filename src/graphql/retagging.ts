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
import type { LearningEvent, LearningRun } from '../generated/prisma/client.js';
import { Classifier } from './classifier.js';
import type { Context } from './context.js';
import { Node } from './node.js';
import { Run, RunEvent } from './run.js';
import { Stream } from './stream.js';
import { checkedAfter } from './subscriptions.js';

@ObjectType({
  implements: Node,
  description: 'A run over the catalog that lets a classifier answer anew, from the stored vectors.',
})
export class Retagging extends Run {}

@ObjectType({
  description: 'Something that happened to a re-tagging. Events are numbered from 1 without a gap.',
})
export class RetaggingEvent extends RunEvent {}

@Resolver(() => Retagging)
export class RetaggingResolver {
  @Query(() => Retagging, { nullable: true, description: 'A re-tagging by its id; null when there is none.' })
  retagging(
    @Ctx() { loaders }: Context,
    @Arg('id', () => ID, { description: "The re-tagging's id." }) id: string,
  ) {
    return loaders.retagging.load(id);
  }

  @FieldResolver(() => Classifier, { description: 'The classifier that answers.' })
  classifier(@Ctx() { loaders }: Context, @Root() run: LearningRun) {
    return loaders.classifier.load(run.classifierId ?? '');
  }

  @Subscription(() => RetaggingEvent, {
    description:
      'The events of a re-tagging behind number `after`, first those that were, then those that come; ends behind the one that ends it. `done` and `total` count predictions.',
    subscribe: ({ args, context }) => {
      const { id, after } = args as { id: string; after: number };
      checkedAfter(after);
      return new Stream((signal) => (context as Context).learning.activations.events(id, after, signal));
    },
  })
  retaggingEvents(
    @Root() event: LearningEvent,
    @Arg('id', () => ID, { description: "The re-tagging's id." }) _id: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The number of the last event that you have.' })
    _after: number,
  ) {
    return event;
  }
}
