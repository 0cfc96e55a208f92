import {
  Arg,
  Authorized,
  Ctx,
  Field,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { createWebhook, deleteWebhook } from '../catalog/webhooks.js';
import type { Context } from './context.js';
import { DateTime } from './scalars.js';
import { Payload, payload } from './user-error.js';

@ObjectType({ description: 'An address that is told of each analysis that succeeds and each prediction.' })
export class Webhook {
  @Field(() => ID, { description: 'Names it.' })
  id!: string;

  @Field(() => String, { description: 'Where the events are sent.' })
  url!: string;

  @Field(() => DateTime, { description: 'When it was set up.' })
  createdAt!: Date;
}

@InputType({ description: 'A new webhook.' })
class CreateWebhookInput {
  @Field(() => String, { description: 'An https address, or an http one on localhost.' })
  url!: string;
}

@InputType({ description: 'Which webhook to delete.' })
class DeleteWebhookInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;
}

@ObjectType({ description: 'What came of `createWebhook`.' })
class CreateWebhookPayload extends Payload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook.' })
  webhook?: Webhook | null;

  @Field(() => String, {
    nullable: true,
    description: 'What its signatures are made with: HMAC-SHA256 over time, dot and body. Shown only now.',
  })
  secret?: string | null;
}

@ObjectType({ description: 'What came of `deleteWebhook`.' })
class DeleteWebhookPayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id of the webhook that is gone.' })
  deletedWebhookId?: string | null;
}

@Resolver(() => Webhook)
export class WebhookResolver {
  @Authorized('admin')
  @Query(() => [Webhook], { description: 'All webhooks. Needs the role `admin`.' })
  webhooks(@Ctx() { prisma }: Context) {
    return prisma.webhook.findMany({ orderBy: { id: 'asc' } });
  }

  @Authorized('admin')
  @Mutation(() => CreateWebhookPayload, {
    description:
      'Sends `analysis.succeeded` and `prediction.published` to an address, signed, and again until it answers 2xx. Needs the role `admin`.',
  })
  createWebhook(
    @Ctx() context: Context,
    @Arg('input', () => CreateWebhookInput, { description: 'The address.' }) { url }: CreateWebhookInput,
  ) {
    return payload(context, async () => {
      const webhook = await createWebhook(context.prisma, url);
      return { webhook, secret: webhook.secret };
    });
  }

  @Authorized('admin')
  @Mutation(() => DeleteWebhookPayload, { description: 'Tells an address no more. Needs the role `admin`.' })
  deleteWebhook(
    @Ctx() context: Context,
    @Arg('input', () => DeleteWebhookInput, { description: 'Which one.' }) { id }: DeleteWebhookInput,
  ) {
    return payload(context, async () => {
      await deleteWebhook(context.prisma, id);
      return { deletedWebhookId: id };
    });
  }
}
