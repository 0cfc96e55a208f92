import { Arg, Ctx, Field, FieldResolver, Float, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { pageRequest } from '../catalog/page.js';
import { countQueued, type QueuedTag, reviewQueue } from '../catalog/review-queue.js';
import { connection, connectionType } from './connection.js';
import type { Context } from './context.js';
import { LabelGroupKind } from './enums.js';
import { Prediction } from './prediction.js';
import { Tag } from './tag.js';

@ObjectType({ description: 'A tag that waits for an editor.' })
export class ReviewItem {
  @Field(() => Float, { description: 'How far its probability lies from its threshold, in log-odds.' })
  margin!: number;
}

const ReviewConnection = connectionType('Review', () => ReviewItem);

@Resolver(() => ReviewItem)
export class ReviewQueueResolver {
  @Query(() => ReviewConnection, {
    description:
      'Tags of the newest predictions that nobody has judged; those first whose verdict teaches most, which lie nearest to their threshold.',
  })
  async reviewQueue(
    @Ctx() { prisma }: Context,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' })
    after?: string | null,
    @Arg('group', () => LabelGroupKind, { nullable: true, description: 'Only labels of this group.' })
    group?: LabelGroupKind | null,
  ) {
    const request = pageRequest(first, after);
    const page = await reviewQueue(prisma, group ?? null, request);
    return connection(page, request, () => countQueued(prisma, group ?? null));
  }

  @FieldResolver(() => Prediction, { description: 'The prediction that the tag belongs to.' })
  prediction(@Ctx() { loaders }: Context, @Root() item: QueuedTag) {
    return loaders.prediction.load(item.predictionId);
  }

  @FieldResolver(() => Tag, { description: 'The tag.' })
  async tag(@Ctx() { loaders }: Context, @Root() { predictionId, labelId }: QueuedTag) {
    const [prediction, tags] = await Promise.all([
      loaders.prediction.load(predictionId),
      loaders.tags.load(predictionId),
    ]);
    const tag = tags.find((one) => one.labelId === labelId);
    return tag && { ...tag, trailerId: prediction?.trailerId };
  }
}
