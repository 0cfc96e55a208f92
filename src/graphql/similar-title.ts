import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  InputType,
  Int,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import { pageRequest } from '../catalog/page.js';
import { type Blend, DEFAULT_BLEND } from '../discovery/aspect.js';
import { reasonSentence } from '../discovery/reasons.js';
import { neighbourCursor, placeOf } from '../discovery/search.js';
import { Failure } from '../failure.js';
import type { Title as TitleRow } from '../generated/prisma/client.js';
import type { Context } from './context.js';
import { Reason } from './reason.js';
import { Title } from './title.js';
import { checkedFilter, TitleFilter } from './title-arguments.js';

@InputType({
  description:
    'How much each aspect counts, 0 or more; what is left out keeps its usual weight. Only ratios matter.',
})
export class BlendInput {
  @Field(() => Float, { nullable: true, description: 'What is said and told, by meaning; usually 0.3.' })
  text?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The very words of what is said and told, names among them; usually 0.7.',
  })
  words?: number | null;

  @Field(() => Float, { nullable: true, description: 'How it looks: pace, light, palette; usually 0.2.' })
  picture?: number | null;

  @Field(() => Float, { nullable: true, description: 'How it sounds; usually 0.1.' })
  sound?: number | null;

  @Field(() => Float, { nullable: true, description: 'Its genres, moods and themes; usually 1.' })
  tags?: number | null;
}

@ObjectType({ description: 'A title that is like another one.' })
export class SimilarTitle {
  @Field(() => Float, { description: 'How alike they are, −1 to 1.' })
  score!: number;

  @Field(() => String, { description: 'Give it as `after` to continue behind this entry.' })
  cursor!: string;
}

/** What a SimilarTitle is made of. */
interface SimilarRow extends SimilarTitle {
  id: string;
  ofTitleId: string;
  blend: Blend;
}

@Resolver(() => Title)
export class SimilarResolver {
  @FieldResolver(() => [SimilarTitle], {
    description:
      'The titles most like it, likest first; never itself. Signals that one of two titles lacks are left out of their comparison.',
  })
  async similar(
    @Ctx() context: Context,
    @Root() title: TitleRow,
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: begin behind it.' }) after?:
      | string
      | null,
    @Arg('minScore', () => Float, { nullable: true, description: 'Leave out what scores less, −1 to 1.' })
    minScore?: number | null,
    @Arg('filter', () => TitleFilter, { nullable: true, description: 'Which titles may be listed.' })
    filter?: TitleFilter | null,
    @Arg('blend', () => BlendInput, { nullable: true, description: 'What counts how much.' })
    blend?: BlendInput | null,
  ): Promise<SimilarRow[]> {
    const request = pageRequest(first, after);
    const options = {
      limit: request.first,
      after: request.after === null ? null : placeOf(request.after),
      minScore: minScore ?? -1,
      restriction: { filter: await checkedFilter(filter, context) },
      blend: checkedBlend(blend),
    };
    const found = await context.discoveries.similar.load({ titleId: title.id, options });
    return found.map(({ id, score }) => ({
      ...{ id, score, cursor: neighbourCursor({ id, score }) },
      ...{ ofTitleId: title.id, blend: options.blend },
    }));
  }
}

@Resolver(() => SimilarTitle)
export class SimilarTitleResolver {
  @FieldResolver(() => Title, {
    nullable: true,
    description: 'The title; null when it has just been deleted.',
  })
  title(@Ctx() { loaders }: Context, @Root() { id }: SimilarRow) {
    return loaders.title.load(id);
  }

  @FieldResolver(() => [Reason], { description: 'What makes up the score, strongest first.' })
  reasons(@Ctx() { discoveries }: Context, @Root() { id, ofTitleId, blend }: SimilarRow) {
    return discoveries.reasons.load({ a: ofTitleId, b: id, blend });
  }

  @FieldResolver(() => String, {
    description: 'The reasons in words: "shares revenge and dark; similar pace and palette".',
  })
  async because(@Ctx() { discoveries }: Context, @Root() { id, ofTitleId, blend }: SimilarRow) {
    return reasonSentence(await discoveries.reasons.load({ a: ofTitleId, b: id, blend }));
  }
}

/** @throws Failure BAD_INPUT */
function checkedBlend(given: BlendInput | null | undefined): Blend {
  const blend: Blend = {
    TEXT: given?.text ?? DEFAULT_BLEND.TEXT,
    WORDS: given?.words ?? DEFAULT_BLEND.WORDS,
    PICTURE: given?.picture ?? DEFAULT_BLEND.PICTURE,
    SOUND: given?.sound ?? DEFAULT_BLEND.SOUND,
    TAGS: given?.tags ?? DEFAULT_BLEND.TAGS,
  };
  const weights = Object.values(blend);
  if (weights.some((weight) => weight < 0 || weight > 100) || weights.every((weight) => weight === 0)) {
    throw new Failure('BAD_INPUT', 'Give weights from 0 to 100, at least one of them above 0.', {
      path: ['blend'],
    });
  }
  return blend;
}
