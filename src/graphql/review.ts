import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { Review as ReviewRow } from '../generated/prisma/client.js';
import type { Context } from './context.js';
import { Verdict } from './enums.js';
import { Label } from './label.js';
import { Node } from './node.js';
import { Prediction } from './prediction.js';
import { DateTime } from './scalars.js';

@ObjectType({ implements: Node, description: "An editor's judgement of one tag." })
export class Review extends Node {
  @Field(() => Verdict, { description: 'What the editor says.' })
  verdict!: Verdict;

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason!: string | null;

  @Field(() => String, { description: 'Who judged.' })
  reviewer!: string;

  @Field(() => DateTime, { description: 'When.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was undone or replaced; null while it stands.',
  })
  undoneAt!: Date | null;
}

@Resolver(() => Review)
export class ReviewResolver {
  @FieldResolver(() => Prediction, { description: 'The prediction that it is about.' })
  prediction(@Ctx() { loaders }: Context, @Root() review: ReviewRow) {
    return loaders.prediction.load(review.predictionId);
  }

  @FieldResolver(() => Label, { description: 'The label that it is about.' })
  label(@Ctx() { loaders }: Context, @Root() review: ReviewRow) {
    return loaders.label.load(review.labelId);
  }
}
