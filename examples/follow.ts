/**
 * A client in TypeScript: uploads a trailer, follows its analysis by a graphql-ws subscription, prints the tags.
 *
 *   npx tsc -p examples && node examples/build/follow.js [trailer.mp4]
 *
 * MARQUEE_URL says where Marquee listens; MARQUEE_KEY is needed only where API keys are configured.
 */
import path from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ask, authorization, refuse, server, type UserError, upload } from './api.js';

const trailer = process.argv[2] ?? '.marquee/media/sample-trailer.mp4';

async function analyze(uploadId: string, name: string): Promise<string> {
  const { createTitle } = await ask<{ createTitle: { title: { id: string } | null; errors: UserError[] } }>(
    'mutation ($name: String!) { createTitle(input: { name: $name }) { title { id } errors { code message } } }',
    { name },
  );
  refuse(createTitle.errors);
  const { analyzeTrailer } = await ask<{
    analyzeTrailer: { analysis: { id: string } | null; errors: UserError[] };
  }>(
    `mutation ($input: AnalyzeTrailerInput!) {
      analyzeTrailer(input: $input) { analysis { id } errors { code message } }
    }`,
    { input: { titleId: createTitle.title?.id, source: { uploadId } } },
  );
  refuse(analyzeTrailer.errors);
  return analyzeTrailer.analysis?.id ?? '';
}

interface Event {
  number: number;
  state: string;
  stage: string | null;
  progress: number;
  message: string | null;
}

/** Every event of an analysis, also over a connection that breaks: a new one asks for what follows the last event. */
async function* follow(id: string): AsyncGenerator<Event> {
  const client = createClient({
    url: `${server.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    shouldRetry: () => true,
  });
  let last = 0;
  const variables = {
    id,
    get after() {
      return last;
    },
  };
  const query = `subscription ($id: ID!, $after: Int) {
    analysisEvents(id: $id, after: $after) { number state stage progress message }
  }`;
  for await (const { data, errors } of client.iterate<{ analysisEvents: Event }>({ query, variables })) {
    if (!data) throw new Error(errors?.map((error) => error.message).join(' '));
    last = data.analysisEvents.number;
    yield data.analysisEvents;
  }
  await client.dispose();
}

interface Answer {
  analysis: {
    error: UserError | null;
    prediction: {
      tags: {
        label: { group: string; name: string };
        probability: number;
        evidence: { startSeconds: number; line: string | null }[];
      }[];
    } | null;
  };
}

async function printTags(id: string): Promise<void> {
  const { analysis } = await ask<Answer>(
    `query ($id: ID!) {
      analysis(id: $id) {
        error { code message }
        prediction {
          tags(state: ACCEPTED) { label { group name } probability evidence { startSeconds line } }
        }
      }
    }`,
    { id },
  );
  if (analysis.error) refuse([analysis.error]);
  for (const { label, probability, evidence } of analysis.prediction?.tags ?? []) {
    const [moment] = evidence;
    const because = moment
      ? `at ${moment.startSeconds.toFixed(1)} s ${moment.line ? `“${moment.line}”` : ''}`
      : '';
    console.log(`${label.group.padEnd(6)} ${label.name.padEnd(18)} ${probability.toFixed(2)}  ${because}`);
  }
}

const id = await analyze(await upload(trailer), path.basename(trailer, path.extname(trailer)));
for await (const event of follow(id)) {
  const share = `${Math.round(event.progress * 100)} %`.padStart(5);
  console.error(
    `${String(event.number).padStart(3)} ${share} ${event.state} ${event.stage ?? ''} ${event.message ?? ''}`,
  );
}
await printTags(id);
