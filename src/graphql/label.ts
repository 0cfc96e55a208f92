import { Ctx, Field, ID, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { LabelGroupKind } from './enums.js';

@ObjectType({ description: 'Something that a trailer can be: a genre, a mood or a theme.' })
export class Label {
  @Field(() => ID, { description: 'Group and name, for example `theme/family`.' })
  id!: string;

  @Field(() => LabelGroupKind, { description: 'The group that it belongs to.' })
  group!: LabelGroupKind;

  @Field(() => String, { description: 'The name for people.' })
  name!: string;

  @Field(() => String, { description: 'What it means, in one or two sentences.' })
  definition!: string;
}

@ObjectType({ description: 'The labels of one kind.' })
export class LabelGroup {
  @Field(() => LabelGroupKind, { description: 'The kind.' })
  kind!: LabelGroupKind;

  @Field(() => String, { description: 'The name for people.' })
  name!: string;

  @Field(() => [Label], { description: 'Its labels.' })
  labels!: Label[];
}

@Resolver()
export class LabelResolver {
  @Query(() => [LabelGroup], { description: 'All labels that new predictions can have, by group.' })
  taxonomy(@Ctx() { taxonomy }: Context) {
    return taxonomy.groups.map(({ kind, name, labels }) => ({
      kind,
      name,
      labels: labels.map((label) => ({ ...label, group: kind })),
    }));
  }
}
