import { Arg, Ctx, Field, FieldResolver, Float, ObjectType, Resolver, Root } from 'type-graphql';
import type { PredictionRow } from '../catalog/loaders.js';
import { Analysis } from './analysis.js';
import { Classifier } from './classifier.js';
import type { Context } from './context.js';
import { LabelGroupKind, TagState } from './enums.js';
import { Node } from './node.js';
import { DateTime } from './scalars.js';
import { Tag } from './tag.js';
import { Trailer } from './trailer.js';

@ObjectType({ description: 'How much there was to go by, each number 0 (nothing) to 1 (plenty).' })
export class SignalQuality {
  @Field(() => Float, { description: 'All in all.' })
  overall!: number;

  @Field(() => Float, { description: 'Words.' })
  speech!: number;

  @Field(() => Float, { description: 'Light in the picture.' })
  light!: number;

  @Field(() => Float, { description: 'Variety of the picture.' })
  variety!: number;

  @Field(() => Float, { description: 'Sound.' })
  sound!: number;

  @Field(() => [String], { description: 'What was weak or missing, one sentence each.' })
  notes!: string[];
}

@ObjectType({ implements: Node, description: 'What a classifier says of a trailer.' })
export class Prediction extends Node {
  @Field(() => DateTime, { description: 'When it was published.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    description: 'When its classifier answered: later than `createdAt` where the catalog was tagged anew.',
  })
  taggedAt!: Date;
}

@Resolver(() => Prediction)
export class PredictionResolver {
  @FieldResolver(() => Trailer, { description: 'The trailer that it is about.' })
  trailer(@Ctx() { loaders }: Context, @Root() prediction: PredictionRow) {
    return loaders.trailer.load(prediction.trailerId);
  }

  @FieldResolver(() => Analysis, { description: 'The analysis that made it.' })
  analysis(@Ctx() { loaders }: Context, @Root() prediction: PredictionRow) {
    return loaders.analysis.load(prediction.analysisId);
  }

  @FieldResolver(() => Classifier, { description: 'The classifier that made it.' })
  classifier(@Ctx() { loaders }: Context, @Root() prediction: PredictionRow) {
    return loaders.classifier.load(prediction.classifierId);
  }

  @FieldResolver(() => SignalQuality, { description: 'How much there was to go by.' })
  signalQuality(@Root() prediction: PredictionRow) {
    return prediction.quality;
  }

  @FieldResolver(() => [Tag], { description: 'One tag for each label, likeliest first.' })
  async tags(
    @Ctx() { loaders }: Context,
    @Root() prediction: PredictionRow,
    @Arg('group', () => LabelGroupKind, { nullable: true, description: 'Only labels of this group.' })
    group?: LabelGroupKind | null,
    @Arg('minProbability', () => Float, {
      nullable: true,
      description: 'Only with this probability or more, 0 to 1.',
    })
    minProbability?: number | null,
    @Arg('state', () => TagState, { nullable: true, description: 'Only in this state.' })
    state?: TagState | null,
  ) {
    const tags = await loaders.tags.load(prediction.id);
    return tags
      .filter(
        (tag) =>
          (group == null || tag.label.group === group) &&
          (state == null || tag.state === state) &&
          tag.probability >= (minProbability ?? 0),
      )
      .map((tag) => ({ ...tag, trailerId: prediction.trailerId }));
  }
}
