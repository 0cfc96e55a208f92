import { Ctx, Field, FieldResolver, Float, ObjectType, Resolver, Root } from 'type-graphql';
import type { TagRow } from '../catalog/loaders.js';
import type { Evidence as EvidenceEntry } from '../tagging/tag.js';
import type { Context } from './context.js';
import { Signal, TagState, TagWeight } from './enums.js';
import { Label } from './label.js';
import { Review } from './review.js';
import { Seconds } from './scalars.js';
import { thumbnailUrl } from './thumbnail.js';

@ObjectType({ description: 'How much one signal had to do with a decision.' })
export class SignalShare {
  @Field(() => Signal, { description: 'The signal.' })
  signal!: Signal;

  @Field(() => Float, { description: 'Its share, 0 to 1; all shares of a tag add up to 1.' })
  share!: number;
}

@ObjectType({ description: 'A moment of the trailer that spoke for a tag.' })
export class Evidence {
  @Field(() => Seconds, { description: "Where it begins, in seconds from the trailer's first frame." })
  startSeconds!: number;

  @Field(() => Seconds, { description: 'Where it ends.' })
  endSeconds!: number;

  @Field(() => Signal, { description: 'Which signal spoke.' })
  signal!: Signal;

  @Field(() => Float, { description: "What it added to the tag's log-odds." })
  contribution!: number;

  @Field(() => String, { nullable: true, description: 'The words, where it is a line.' })
  line!: string | null;
}

@ObjectType({ description: "A classifier's answer about one label." })
export class Tag {
  @Field(() => Label, { description: 'The label.' })
  label!: Label;

  @Field(() => Float, { description: 'How likely the label is, 0 to 1, calibrated.' })
  probability!: number;

  @Field(() => Float, { description: 'From this probability on the tag is accepted.' })
  threshold!: number;

  @Field(() => TagState, { description: 'What was decided.' })
  state!: TagState;

  @Field(() => TagWeight, {
    nullable: true,
    description: 'How much it stands for the trailer; only for accepted tags.',
  })
  weight!: TagWeight | null;
}

/** A tag with the trailer that it is about, which its evidence needs for the shots. */
type TagOfTrailer = TagRow & { trailerId: string };
type EvidenceOfTrailer = EvidenceEntry & { trailerId: string };

@Resolver(() => Tag)
export class TagResolver {
  @FieldResolver(() => [SignalShare], { description: 'How much each signal had to do with it.' })
  signalShares(@Root() tag: TagOfTrailer) {
    return Object.entries(tag.shares ?? {}).map(([signal, share]) => ({ signal, share }));
  }

  @FieldResolver(() => [Evidence], { description: 'The moments that spoke for it, strongest first.' })
  async evidence(@Ctx() { loaders }: Context, @Root() tag: TagOfTrailer) {
    const evidence = await loaders.evidence.load(tag.predictionId);
    return evidence
      .filter((moment) => moment.labelId === tag.labelId)
      .map((moment) => ({ ...moment, trailerId: tag.trailerId }));
  }

  @FieldResolver(() => Review, {
    nullable: true,
    description: "An editor's verdict on it; null without one.",
  })
  async review(@Ctx() { loaders }: Context, @Root() tag: TagOfTrailer) {
    const reviews = await loaders.reviews.load(tag.predictionId);
    return reviews.find((review) => review.labelId === tag.labelId) ?? null;
  }
}

@Resolver(() => Evidence)
export class EvidenceResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description: 'Address of a picture of the moment on this server; null where there is none.',
  })
  async thumbnailUrl(@Ctx() context: Context, @Root() evidence: EvidenceOfTrailer) {
    const shots = await context.loaders.shots.load(evidence.trailerId);
    const shot = shots.find(({ index }) => index === evidence.shotIndex);
    return shot ? thumbnailUrl(context, shot) : null;
  }
}
