import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/catalog/id.js';
import { TAXONOMY, writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type RunningServer, runServer } from '../http/running-server.js';

let server: RunningServer;
let predictionIds: string[];
let trailerIds: string[];
let titleIds: string[];
beforeAll(async () => {
  server = await runServer();
  await writeLabels(server.database.prisma);
  ({ titleIds, trailerIds, predictionIds } = await writeAnalysedTitles(server.database.prisma, 50));
});
afterAll(() => server.close());

const WITH_PREDICTIONS = `query ($first: Int!) { titles(first: $first) { totalCount nodes {
  id name externalIds { source value }
  prediction {
    id classifier { id fingerprint parent { id } } analysis { id } trailer { id }
    signalQuality { overall speech light variety sound notes }
    tags(state: ACCEPTED) { probability threshold state weight label { id group } review { id } signalShares { signal share }
      evidence { startSeconds endSeconds signal contribution line thumbnailUrl } }
  }
} } }`;
const WITH_TRAILERS = `query ($first: Int!) { titles(first: $first) { nodes { trailers(first: 1) { totalCount nodes {
  id source { kind locator } shots { index thumbnailUrl } transcript { text kind origin }
  analyses(first: 2) { nodes { id state progress error { code } stages { stage seconds } prediction { id } trailer { title { id } } } }
  prediction { id }
} } } } }`;

describe('a page of titles with everything below them', () => {
  it.each([
    ['predictions', WITH_PREDICTIONS, 13],
    ['trailers', WITH_TRAILERS, 15],
  ])('costs as many statements for 50 titles as for one: with %s', async (_what, query, atMost) => {
    const statementsFor = async (first: number) => {
      server.statements();
      const { data, errors } = await server.graphql(query, { first });
      expect(errors).toBeUndefined();
      expect(data.titles.nodes).toHaveLength(first);
      return server.statements().length;
    };
    const one = await statementsFor(1);
    const fifty = await statementsFor(50);
    expect(fifty).toBe(one);
    expect(fifty).toBeGreaterThan(5);
    expect(fifty).toBeLessThanOrEqual(atMost);
  });

  it('names each label once in a statement', async () => {
    server.statements();
    await server.graphql('{ titles(first: 50) { nodes { prediction { tags { label { id } } } } } }');
    const labels = server.statements().find((statement) => statement.includes('"Label"')) ?? '';
    const parameters = labels.match(/\$\d+/g)?.length;
    expect(parameters).toBeGreaterThanOrEqual(18);
    expect(parameters).toBeLessThanOrEqual(19); // Prisma adds an offset
  });
});

describe('a prediction', () => {
  const read = async (selection: string) => {
    const { data, errors } = await server.graphql(
      `query ($id: ID!) { node(id: $id) { ... on Prediction { ${selection} } } }`,
      {
        id: predictionIds[0],
      },
    );
    expect(errors).toBeUndefined();
    return data.node;
  };

  it('has one tag for each label, likeliest first', async () => {
    const { tags } = await read('tags { probability label { id } }');
    expect(tags).toHaveLength(18);
    const probabilities = tags.map((tag: { probability: number }) => tag.probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });

  it.each([
    ['group: MOOD', ['mood/one', 'mood/two', 'mood/three', 'mood/four', 'mood/five', 'mood/six']],
    ['state: ACCEPTED', ['genre/one', 'genre/two', 'genre/three', 'genre/four', 'genre/five', 'genre/six']],
    ['minProbability: 0.85', ['genre/one', 'genre/two']],
    ['group: MOOD, state: ACCEPTED', []],
  ])('gives only the tags of %s', async (argument, expected) => {
    const { tags } = await read(`tags(${argument}) { label { id } }`);
    expect(tags.map((tag: { label: { id: string } }) => tag.label.id)).toEqual(expected);
  });

  it('tells the evidence of a tag, strongest first, with a picture where the shot has one', async () => {
    const { tags } = await read(
      'tags(state: ACCEPTED) { evidence { line contribution signal thumbnailUrl } signalShares { signal share } weight }',
    );
    expect(tags[0]).toEqual({
      weight: 'PRIMARY',
      signalShares: [
        { signal: 'TEXT', share: 0.75 },
        { signal: 'PICTURE', share: 0.25 },
      ],
      evidence: [
        { line: 'Run!', contribution: 2, signal: 'TEXT', thumbnailUrl: `/thumbnails/${trailerIds[0]}/0.jpg` },
        { line: 'Run!', contribution: 1, signal: 'TEXT', thumbnailUrl: null },
      ],
    });
  });

  it('says how much there was to go by', async () => {
    const { signalQuality } = await read('signalQuality { overall notes }');
    expect(signalQuality).toEqual({ overall: 0.8, notes: ['Few words.'] });
  });
});

describe('the objects of the catalog', () => {
  it('are found by their ids, in the order that was asked for, null where there is none', async () => {
    const { prisma } = server.database;
    const analysis = await prisma.analysis.findFirstOrThrow({
      where: { trailerId: trailerIds[0] as string },
    });
    const classifier = await prisma.classifier.findFirstOrThrow();
    const ids = [
      predictionIds[0],
      newId('title'),
      titleIds[0],
      'nonsense',
      classifier.id,
      analysis.id,
      trailerIds[0],
      newId('upload'),
    ];
    const { data, errors } = await server.graphql(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
      { ids },
    );
    expect(errors).toBeUndefined();
    expect(data.nodes).toEqual([
      { __typename: 'Prediction', id: predictionIds[0] },
      null,
      { __typename: 'Title', id: titleIds[0] },
      null,
      { __typename: 'Classifier', id: classifier.id },
      { __typename: 'Analysis', id: analysis.id },
      { __typename: 'Trailer', id: trailerIds[0] },
      null,
    ]);
  });

  it('cannot be asked for by more than 100 ids at once', async () => {
    const ids = Array.from({ length: 101 }, () => newId('title'));
    const { errors } = await server.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect(errors).toMatchObject([{ extensions: { code: 'TOO_LARGE' } }]);
  });

  it('list the taxonomy by group, and the classifiers', async () => {
    const { data } = await server.graphql(
      '{ taxonomy { kind name labels { id group name definition } } classifiers { fingerprint active figures } }',
    );
    expect(data.taxonomy.map((group: { kind: string }) => group.kind)).toEqual(['GENRE', 'MOOD', 'THEME']);
    expect(data.taxonomy[1].labels).toHaveLength(TAXONOMY.groups[1]?.labels.length ?? 0);
    expect(data.taxonomy[1].labels[0]).toEqual({
      id: 'mood/one',
      group: 'MOOD',
      name: 'one',
      definition: 'The one of MOOD.',
    });
    expect(data.classifiers).toEqual([{ fingerprint: 'head@1', active: true, figures: { microF1: 0.5 } }]);
  });

  it('are entities of a federated graph', async () => {
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Title { name } ... on Trailer { durationSeconds title { id } } } }`;
    const representations = [
      { __typename: 'Trailer', id: trailerIds[1] },
      { __typename: 'Title', id: titleIds[2] },
      { __typename: 'Title', id: newId('title') },
    ];
    const { data, errors } = await server.graphql(query, { representations });
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([
      { durationSeconds: 4, title: { id: titleIds[1] } },
      { name: 'Title 002' },
      null,
    ]);
    const { data: service } = await server.graphql('{ _service { sdl } }');
    expect(service._service.sdl).toMatch(/type Title implements Node\s+@key\(fields: "id"\)/);
  });

  it.each([
    { __typename: 'Webhook', id: 'webhook_1' },
    { __typename: 'Prediction', id: 'prediction_1' },
    { __typename: 'Title' },
    { __typename: 'Trailer', id: 7 },
    {},
    'Title',
  ])('are refused by a sentence where a gateway names none: %j', async (wrong) => {
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
    const { errors } = await server.graphql(query, { of: [{ __typename: 'Title', id: titleIds[2] }, wrong] });
    expect(errors?.[0]).toMatchObject({
      message: 'Representation 1 names no entity: give the `__typename` Title or Trailer and an `id`.',
      extensions: { code: 'BAD_INPUT', retryable: false },
    });
  });
});

describe('reviews', () => {
  const REVIEW = `mutation ($input: ReviewTagInput!) { reviewTag(input: $input) {
    review { id verdict reason reviewer undoneAt label { id } prediction { id } } errors { code path } } }`;
  const UNDO =
    'mutation ($id: ID!) { undoReview(input: { reviewId: $id }) { review { id undoneAt } errors { code } } }';
  const standing = async (predictionId: string | undefined) => {
    const query =
      'query ($id: ID!) { node(id: $id) { ... on Prediction { tags { label { id } review { verdict } } } } }';
    const { data } = await server.graphql(query, { id: predictionId });
    const reviewed = data.node.tags.filter((tag: { review: unknown }) => tag.review);
    return Object.fromEntries(
      reviewed.map((tag: { label: { id: string }; review: { verdict: string } }) => [
        tag.label.id,
        tag.review.verdict,
      ]),
    );
  };
  const review = async (index: number, label: string, verdict: string) => {
    const input = { predictionId: predictionIds[index], label, verdict, reason: 'Seen.' };
    return (await server.graphql(REVIEW, { input })).data.reviewTag;
  };

  it('stand on their tag until they are undone', async () => {
    const { review: made, errors } = await review(0, 'genre/one', 'REJECT');
    expect(errors).toEqual([]);
    expect(made).toMatchObject({
      verdict: 'REJECT',
      reason: 'Seen.',
      reviewer: 'local',
      undoneAt: null,
      label: { id: 'genre/one' },
    });
    expect(await standing(predictionIds[0])).toEqual({ 'genre/one': 'REJECT' });
    const undone = await server.graphql(UNDO, { id: made.id });
    expect(undone.data.undoReview.review.undoneAt).not.toBeNull();
    expect(await standing(predictionIds[0])).toEqual({});
    const again = await server.graphql(UNDO, { id: made.id });
    expect(again.data.undoReview).toEqual({ review: null, errors: [{ code: 'CONFLICT' }] });
  });

  it('replace the earlier verdict on the same tag', async () => {
    await review(1, 'mood/one', 'REJECT');
    await review(1, 'mood/one', 'ACCEPT');
    expect(await standing(predictionIds[1])).toEqual({ 'mood/one': 'ACCEPT' });
  });

  it('leave one PRIMARY in a group, however many editors say it at once', async () => {
    await review(2, 'genre/one', 'ACCEPT');
    await Promise.all(
      ['genre/two', 'genre/three', 'genre/four', 'mood/one'].map((label) => review(2, label, 'PRIMARY')),
    );
    const verdicts = await standing(predictionIds[2]);
    const primaries = Object.keys(verdicts).filter((label) => verdicts[label] === 'PRIMARY');
    expect(primaries.map((label) => label.split('/')[0]).sort()).toEqual(['genre', 'mood']);
    expect(verdicts['genre/one']).toBe('ACCEPT');
  });

  it('need a tag', async () => {
    expect((await review(0, 'genre/none', 'ACCEPT')).errors).toEqual([
      { code: 'NOT_FOUND', path: ['label'] },
    ]);
    const missing = await server.graphql(UNDO, { id: newId('review') });
    expect(missing.data.undoReview.errors).toEqual([{ code: 'NOT_FOUND' }]);
  });
});
