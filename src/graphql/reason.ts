import { Field, Float, ObjectType } from 'type-graphql';
import type { Reason as FoundReason } from '../discovery/reasons.js';
import { Aspect } from './enums.js';

@ObjectType({ description: 'What makes two titles alike, in one respect.' })
export class Reason implements FoundReason {
  @Field(() => Aspect, { description: 'In which respect.' })
  aspect!: keyof typeof Aspect;

  @Field(() => Float, {
    description: 'What it adds to the similarity; the contributions of all reasons sum to it.',
  })
  contribution!: number;

  @Field(() => [String], { description: 'What both have: names of labels, kinds of feature, or words.' })
  shared!: string[];
}
