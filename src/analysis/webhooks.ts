import { createHmac } from 'node:crypto';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Logger } from '../log.js';

/** graphile-worker's task name. */
export const DELIVER = 'deliver-webhook';

export type WebhookEvent = 'analysis.succeeded' | 'prediction.published';

/** What is delivered, and again until the receiver answers 2xx. */
export interface Delivery {
  webhookId: string;
  /** The same in every try, so that a receiver can tell a repetition. */
  deliveryId: string;
  event: WebhookEvent;
  analysisId: string;
  predictionId: string;
  trailerId: string;
}

/** graphile-worker waits exp(tries) seconds between tries: 15 of them take about ten days at most. */
const MOST_TRIES = 15;
const ANSWER_MILLISECONDS = 10_000;

/** Queues a delivery of both events for every webhook, in the transaction that publishes: none is lost or made up. */
export async function queueDeliveries(
  tx: Prisma.TransactionClient,
  published: Pick<Delivery, 'analysisId' | 'predictionId' | 'trailerId'>,
): Promise<void> {
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(${DELIVER}, json_build_object(
      'webhookId', w."id", 'deliveryId', e || ':' || ${published.predictionId}, 'event', e,
      'analysisId', ${published.analysisId}::text, 'predictionId', ${published.predictionId}::text,
      'trailerId', ${published.trailerId}::text), max_attempts := ${MOST_TRIES}::int)
    FROM "Webhook" w, unnest(ARRAY['analysis.succeeded', 'prediction.published']) e`;
}

/**
 * One try. The signature is `t=<seconds>,v1=<hex>`: HMAC-SHA256 with the webhook's secret over `<seconds>.<body>`.
 * @throws Error when the receiver does not answer 2xx in time; the job is then tried again
 */
export async function deliver(prisma: PrismaClient, log: Logger, delivery: Delivery): Promise<void> {
  const { webhookId, deliveryId, ...content } = delivery;
  const webhook = await prisma.webhook.findUnique({ where: { id: webhookId } });
  if (!webhook) return; // removed meanwhile
  const body = JSON.stringify({ id: deliveryId, ...content });
  const response = await fetch(webhook.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'marquee-signature': signature(webhook.secret, body, Math.floor(Date.now() / 1000)),
    },
    body,
    // A receiver that moved must say so to whoever set it up; following would send signed content elsewhere.
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook ${webhookId} answered ${response.status}`);
  log.debug({ webhookId, deliveryId }, 'webhook delivered');
}

export function signature(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
