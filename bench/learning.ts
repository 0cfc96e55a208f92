// npm run bench -- learning [--json] [--titles 10000] [--rate 20]: how late the server's event loop gets and how fast the
// API answers while a classifier is trained on the genres of ../shared/data/synopses.jsonl.gz, while the catalog is tagged
// anew with it, and while that is taken back. The server is a process of its own; requests come at a fixed rate.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { observe, observeIdle, printPhases } from './api/load.js';
import { type RunningServer, startServerProcess } from './api/server-process.js';
import { openFilledCatalog } from './retag/filled-catalog.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const synopses = path.resolve(root, '../shared/data/synopses.jsonl.gz');
const POLL_MILLISECONDS = 250;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const number = (name: string, standard: number) => Number(args[args.indexOf(name) + 1]) || standard;
  const rate = number('--rate', 20);
  const { engine, shipped } = await openFilledCatalog(number('--titles', 10_000));
  const { dataFolder } = engine.config;
  await engine.close();
  const server = await startServerProcess({ data: dataFolder, media: dataFolder, concurrency: 1 });
  try {
    await activate(server, shipped);
    const phases = [await observeIdle(server, rate)];
    const training = train(server);
    phases.push(await observe(server, { phase: 'training', rate, until: training }));
    const trained = await training;
    phases.push(
      await observe(server, { phase: 're-tagging, trained', rate, until: activate(server, trained) }),
      await observe(server, { phase: 're-tagging, shipped', rate, until: activate(server, shipped) }),
    );
    printPhases(phases, json);
  } finally {
    await server.close();
  }
}

/** @returns the classifier's id */
async function train(server: RunningServer): Promise<string> {
  const input = {
    ...{ name: 'Benchmark of the API', head: 'LINEAR', groups: ['GENRE'] },
    source: { uploadId: await server.upload(synopses) },
  };
  const { trainClassifier } = await server.graphql<{ trainClassifier: { training: { id: string } } }>(
    'mutation ($input: TrainClassifierInput!) { trainClassifier(input: $input) { training { id } } }',
    { input },
  );
  const { id } = trainClassifier.training;
  const { classifier } = await ended<{ classifier: { id: string } }>(
    server,
    id,
    'Training',
    'classifier { id }',
  );
  return classifier.id;
}

/** Ends when the catalog follows. */
async function activate(server: RunningServer, id: string): Promise<void> {
  const { activateClassifier } = await server.graphql<{ activateClassifier: { retagging: { id: string } } }>(
    'mutation ($id: ID!) { activateClassifier(input: { id: $id }) { retagging { id } } }',
    { id },
  );
  await ended(server, activateClassifier.retagging.id, 'Retagging', 'progress');
}

async function ended<T>(server: RunningServer, id: string, type: string, fields: string): Promise<T> {
  const query = `query ($id: ID!) { node(id: $id) { ... on ${type} { state error { message } ${fields} } } }`;
  for (;;) {
    type State = { state: string; error: { message: string } | null };
    const { node } = await server.graphql<{ node: State & T }>(query, { id });
    if (node.state === 'SUCCEEDED') return node;
    if (node.error) throw new Error(node.error.message);
    await delay(POLL_MILLISECONDS);
  }
}
