import { Arg, Authorized, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { reviewTag, undoReview } from '../catalog/reviews.js';
import type { Context } from './context.js';
import { Verdict } from './enums.js';
import { Review } from './review.js';
import { Payload, payload } from './user-error.js';

@InputType({ description: 'A verdict on one tag. It takes the place of an earlier one.' })
class ReviewTagInput {
  @Field(() => ID, { description: 'The prediction that the tag belongs to.' })
  predictionId!: string;

  @Field(() => ID, { description: "The label's id, for example `theme/family`." })
  label!: string;

  @Field(() => Verdict, { description: 'What you say.' })
  verdict!: Verdict;

  @Field(() => String, { nullable: true, description: 'Why, at most 2,000 characters.' })
  reason?: string | null;
}

@InputType({ description: 'Which verdict to take back.' })
class UndoReviewInput {
  @Field(() => ID, { description: "The review's id." })
  reviewId!: string;
}

@ObjectType({ description: 'What came of `reviewTag`.' })
class ReviewTagPayload extends Payload {
  @Field(() => Review, { nullable: true, description: 'The verdict.' })
  review?: Review | null;
}

@ObjectType({ description: 'What came of `undoReview`.' })
class UndoReviewPayload extends Payload {
  @Field(() => Review, { nullable: true, description: 'The verdict that no longer stands.' })
  review?: Review | null;
}

@Resolver()
export class ReviewMutations {
  @Authorized('editor')
  @Mutation(() => ReviewTagPayload, {
    description: 'Says whether a label is right for a trailer. Needs the role `editor`.',
  })
  reviewTag(
    @Ctx() context: Context,
    @Arg('input', () => ReviewTagInput, { description: 'The verdict.' }) input: ReviewTagInput,
  ) {
    return payload(context, async () => ({
      review: await reviewTag(context.prisma, { ...input, reviewer: context.caller.name }),
    }));
  }

  @Authorized('editor')
  @Mutation(() => UndoReviewPayload, { description: 'Takes a verdict back. Needs the role `editor`.' })
  undoReview(
    @Ctx() context: Context,
    @Arg('input', () => UndoReviewInput, { description: 'Which one.' }) { reviewId }: UndoReviewInput,
  ) {
    return payload(context, async () => ({ review: await undoReview(context.prisma, reviewId) }));
  }
}
