import { Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { Classifier as ClassifierRow } from '../generated/prisma/client.js';
import type { Context } from './context.js';
import { Node } from './node.js';
import { Retagging } from './retagging.js';
import { DateTime, Figures } from './scalars.js';
import { Training } from './training.js';

@ObjectType({
  implements: Node,
  description: 'A version of the model that turns signals into tags, with its thresholds and calibration.',
})
export class Classifier extends Node {
  @Field(() => String, { description: 'The pack whose signals it reads.' })
  pack!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What whoever trained it calls it; null for the one that comes with Marquee.',
  })
  name!: string | null;

  @Field(() => [String], {
    description:
      'Encoders whose vectors it reads; empty for the one that comes with Marquee, which reads all.',
  })
  models!: string[];

  @Field(() => String, { nullable: true, description: 'sha256 over the rows that it learned from.' })
  dataFingerprint!: string | null;

  @Field(() => String, { description: 'Its kind and the beginning of the sha256 of its file.' })
  fingerprint!: string;

  @Field(() => Boolean, { description: 'New analyses use it.' })
  active!: boolean;

  @Field(() => Figures, { description: 'What was measured on data that it never saw, by name.' })
  figures!: unknown;

  @Field(() => String, {
    nullable: true,
    description: 'Who trained it; null for the one that comes with Marquee.',
  })
  author!: string | null;

  @Field(() => DateTime, { description: 'When it came into this catalog.' })
  createdAt!: Date;
}

@Resolver(() => Classifier)
export class ClassifierResolver {
  @Query(() => [Classifier], { description: 'All classifiers that made predictions or could, newest first.' })
  classifiers(@Ctx() { prisma }: Context) {
    return prisma.classifier.findMany({ orderBy: { createdAt: 'desc' } });
  }

  @FieldResolver(() => Classifier, {
    nullable: true,
    description: 'The one that was active when it was trained.',
  })
  parent(@Ctx() { loaders }: Context, @Root() classifier: ClassifierRow) {
    return classifier.parentId === null ? null : loaders.classifier.load(classifier.parentId);
  }

  @FieldResolver(() => Training, { nullable: true, description: 'The training that it came of.' })
  training(@Ctx() { loaders }: Context, @Root() classifier: ClassifierRow) {
    return loaders.trainingOfClassifier.load(classifier.id);
  }

  @FieldResolver(() => Retagging, {
    nullable: true,
    description: 'The newest re-tagging of the catalog with it; null where it never was activated.',
  })
  retagging(@Ctx() { loaders }: Context, @Root() classifier: ClassifierRow) {
    return loaders.retaggingOfClassifier.load(classifier.id);
  }
}
