import { Ctx, Field, FieldResolver, Float, Int, ObjectType, Resolver, Root } from 'type-graphql';
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

  @Field(() => String, {
    nullable: true,
    description: 'The words, where it is a line; of a clip, what it shows, where the encoder can name it.',
  })
  line!: string | null;
}

@ObjectType({ description: 'What it would take to decide a tag otherwise.' })
export class Flip {
  @Field(() => Float, {
    description:
      'By how much its log-odds would have to change to cross the threshold: fall where it is accepted, else rise.',
  })
  logOdds!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'An accepted tag would fall below its threshold without so many of the moments in `evidence`, strongest first; null where all of them would not be enough.',
  })
  moments!: number | null;
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
  async signalShares(@Ctx() context: Context, @Root() tag: TagOfTrailer) {
    const shares = tag.shares ?? (await explanationOf(context, tag))?.shares ?? {};
    return Object.entries(shares).map(([signal, share]) => ({ signal, share }));
  }

  @FieldResolver(() => [Evidence], { description: 'The moments that spoke for it, strongest first.' })
  async evidence(@Ctx() context: Context, @Root() tag: TagOfTrailer) {
    const evidence = await evidenceOf(context, tag);
    return evidence.map((moment) => ({ ...moment, trailerId: tag.trailerId }));
  }

  @FieldResolver(() => Flip, { description: 'What it would take to decide otherwise.' })
  async flip(@Ctx() context: Context, @Root() tag: TagOfTrailer): Promise<Flip> {
    const contributions = (await evidenceOf(context, tag)).map(({ contribution }) => contribution);
    return { logOdds: tag.margin, moments: momentsToFlip(tag, contributions) };
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

async function evidenceOf(context: Context, tag: TagOfTrailer): Promise<EvidenceEntry[]> {
  const stored = tag.evidence as EvidenceEntry[] | null;
  return stored ?? (await explanationOf(context, tag))?.evidence ?? [];
}

async function explanationOf({ explanations }: Context, tag: TagOfTrailer) {
  return (await explanations.load(tag.predictionId)).get(tag.labelId);
}

/** How many of the moments, strongest first, carry an accepted tag over its threshold; null where all do not. */
function momentsToFlip({ state, margin }: TagRow, contributions: readonly number[]): number | null {
  if (state !== 'ACCEPTED') return null;
  let taken = 0;
  const last = contributions.findIndex((contribution) => {
    taken += contribution;
    return taken > margin;
  });
  return last < 0 ? null : last + 1;
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
