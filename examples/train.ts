/**
 * A classifier of one's own, in TypeScript: uploads labelled rows, trains on them, activates what came of it, follows
 * the catalog as it is tagged anew, and goes back to the classifier that was active before.
 *
 *   npx tsc -p examples && node examples/build/train.js [rows.jsonl]
 *
 * MARQUEE_URL says where Marquee listens; MARQUEE_KEY, a key with the role admin, is needed only where API keys are
 * configured.
 */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ask, authorization, refuse, server, type UserError, upload } from './api.js';

const rows = process.argv[2] ?? 'examples/rows.jsonl';

interface Event {
  number: number;
  state: string;
  stage: string | null;
  done: number;
  total: number;
  message: string | null;
}

const TRAINING_EVENTS = `subscription ($id: ID!, $after: Int) {
  events: trainingEvents(id: $id, after: $after) { number state stage done total message }
}`;
const RETAGGING_EVENTS = `subscription ($id: ID!, $after: Int) {
  events: retaggingEvents(id: $id, after: $after) { number state stage done total message }
}`;

/** Tells every event until the one that ends it. @throws Error unless that is SUCCEEDED */
async function follow(query: string, id: string): Promise<void> {
  const client = createClient({
    url: `${server.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    shouldRetry: () => true,
  });
  let last: Event | null = null;
  const variables = {
    id,
    // Read again for each connection: a new one goes on behind the last event.
    get after() {
      return last?.number ?? 0;
    },
  };
  for await (const { data, errors } of client.iterate<{ events: Event }>({ query, variables })) {
    if (!data) throw new Error(errors?.map((error) => error.message).join(' '));
    last = data.events;
    const share = last.total > 0 ? `${Math.round((100 * last.done) / last.total)} %` : '';
    console.error(`${last.state} ${last.stage ?? ''} ${share} ${last.message ?? ''}`.trim());
  }
  await client.dispose();
  if (last?.state !== 'SUCCEEDED') throw new Error(last?.message ?? 'it did not succeed');
}

async function train(uploadId: string): Promise<string> {
  const { trainClassifier } = await ask<{
    trainClassifier: { training: { id: string } | null; errors: UserError[] };
  }>(
    `mutation ($input: TrainClassifierInput!) {
      trainClassifier(input: $input) { training { id } errors { code message } }
    }`,
    { input: { name: 'Three genres', source: { uploadId }, head: 'LINEAR', seed: 1 } },
  );
  refuse(trainClassifier.errors);
  const id = trainClassifier.training?.id ?? '';
  await follow(TRAINING_EVENTS, id);
  const { training } = await ask<{ training: { classifier: { id: string; fingerprint: string } } }>(
    'query ($id: ID!) { training(id: $id) { classifier { id fingerprint } } }',
    { id },
  );
  console.log(`trained    ${training.classifier.fingerprint}`);
  return training.classifier.id;
}

async function activate(id: string): Promise<void> {
  const { activateClassifier } = await ask<{
    activateClassifier: {
      classifier: { fingerprint: string };
      retagging: { id: string } | null;
      errors: UserError[];
    };
  }>(
    `mutation ($id: ID!) {
      activateClassifier(input: { id: $id }) { classifier { fingerprint } retagging { id } errors { code message } }
    }`,
    { id },
  );
  refuse(activateClassifier.errors);
  await follow(RETAGGING_EVENTS, activateClassifier.retagging?.id ?? '');
  console.log(`active     ${activateClassifier.classifier.fingerprint}`);
}

const { classifiers } = await ask<{ classifiers: { id: string; active: boolean }[] }>(
  '{ classifiers { id active } }',
);
const before = classifiers.find(({ active }) => active)?.id ?? '';
await activate(await train(await upload(rows)));
await activate(before);
