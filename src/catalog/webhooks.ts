import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { PrismaClient, Webhook } from '../generated/prisma/client.js';
import { newId } from './id.js';
import { checked } from './input.js';

const MOST_WEBHOOKS = 20;
/** Only https, but on this machine, where a receiver is being tried out. */
const usable = 'Give an https address, or an http one on localhost.';
const address = z.object({
  url: z
    .string()
    .max(2_000, 'The address can have at most 2,000 characters.')
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, hostname } = new URL(text);
      return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname));
    }, usable),
});

/** The secret is made here and shown once. @throws AggregateError of Failures BAD_INPUT; Failure CONFLICT, TOO_LARGE */
export async function createWebhook(prisma: PrismaClient, url: string): Promise<Webhook> {
  const input = checked(address, { url });
  if (await prisma.webhook.findUnique({ where: { url: input.url } })) {
    throw new Failure('CONFLICT', 'This address is told already; delete its webhook to get a new secret.', {
      path: ['url'],
    });
  }
  if ((await prisma.webhook.count()) >= MOST_WEBHOOKS) {
    throw new Failure('TOO_LARGE', `There can be ${MOST_WEBHOOKS} webhooks; delete one first.`);
  }
  const secret = randomBytes(32).toString('hex');
  return prisma.webhook.create({ data: { id: newId('webhook'), url: input.url, secret } });
}

/** @throws Failure NOT_FOUND */
export async function deleteWebhook(prisma: PrismaClient, id: string): Promise<void> {
  const { count } = await prisma.webhook.deleteMany({ where: { id } });
  if (count === 0) throw new Failure('NOT_FOUND', `There is no webhook ${id}.`, { path: ['id'] });
}
