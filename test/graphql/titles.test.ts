import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/catalog/id.js';
import { writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type RunningServer, runServer } from '../http/running-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer((config) => ({ limits: { ...config.limits, requestsPerMinute: 100_000 } }));
  await writeLabels(server.database.prisma);
});
afterAll(() => server.close());
beforeEach(() => server.database.prisma.title.deleteMany());

const CREATE = `mutation ($input: CreateTitleInput!) { createTitle(input: $input) {
  created title { id name releaseYear synopsis genres externalIds { source value } } errors { code message path } } }`;
const UPDATE = `mutation ($input: UpdateTitleInput!) { updateTitle(input: $input) {
  title { id name releaseYear synopsis genres externalIds { source value } } errors { code path } } }`;
const IMPORT = `mutation ($input: ImportTitlesInput!) { importTitles(input: $input) {
  imported { row created title { id name synopsis releaseYear externalIds { source value } } } errors { code path } } }`;
const LIST = `query ($first: Int!, $after: String, $filter: TitleFilter, $orderBy: TitleOrder) {
  titles(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount nodes { id name } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function create(input: object) {
  const { data } = await server.graphql(CREATE, { input });
  return data.createTitle;
}

async function names(filter: object): Promise<string[]> {
  const { data, errors } = await server.graphql(LIST, { first: 100, filter, orderBy: { field: 'NAME' } });
  expect(errors).toBeUndefined();
  return data.titles.nodes.map((title: { name: string }) => title.name);
}

describe('createTitle', () => {
  it('stores the title and gives it back', async () => {
    const { title, errors } = await create({
      name: '  The Long Night ',
      releaseYear: 1963,
      synopsis: 'It is dark.',
      genres: ['Noir'],
      externalIds: [{ source: 'IMDb', value: 'tt0057603' }],
    });
    expect(errors).toEqual([]);
    expect(title).toMatchObject({
      name: 'The Long Night',
      releaseYear: 1963,
      synopsis: 'It is dark.',
      genres: ['Noir'],
      externalIds: [{ source: 'imdb', value: 'tt0057603' }],
    });
    const { data } = await server.graphql(
      'query ($id: ID!) { node(id: $id) { __typename id ... on Title { name } } }',
      { id: title.id },
    );
    expect(data.node).toEqual({ __typename: 'Title', id: title.id, name: 'The Long Night' });
  });

  it('names every part of the input that is not usable, as data', async () => {
    const { title, errors } = await create({
      name: ' ',
      releaseYear: 99,
      externalIds: [
        { source: 'imdb', value: 'tt1' },
        { source: 'no spaces', value: '' },
      ],
    });
    expect(title).toBeNull();
    expect(errors.map((error: { path: string[] }) => error.path.join('.'))).toEqual([
      'name',
      'releaseYear',
      'externalIds.1.source',
      'externalIds.1.value',
    ]);
    expect(new Set(errors.map((error: { code: string }) => error.code))).toEqual(new Set(['BAD_INPUT']));
  });

  it('refuses an external id that another title has, and leaves nothing behind', async () => {
    const externalIds = [{ source: 'imdb', value: 'tt1' }];
    await create({ name: 'First', externalIds });
    const { errors } = await create({ name: 'Second', externalIds });
    expect(errors).toMatchObject([{ code: 'CONFLICT', path: ['externalIds', '0'] }]);
    expect(await names({})).toEqual(['First']);
  });

  it('gives one external id to one of many titles that ask for it at the same time', async () => {
    // The first round opens connections; from the second on the requests really meet.
    for (const value of ['tt1', 'tt2', 'tt3']) {
      const externalIds = [{ source: 'imdb', value }];
      const asked = Array.from({ length: 8 }, (_, i) => create({ name: `T${i}`, externalIds }));
      const answers = await Promise.all(asked);
      expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(1);
      expect(answers.filter((answer) => answer.errors[0]?.code === 'CONFLICT')).toHaveLength(7);
    }
  });

  it('asked again with the same key gives back the same title, also when asked at the same time', async () => {
    const input = { name: 'Once', releaseYear: 2001, idempotencyKey: 'press-1' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(input)));
    expect(new Set(answers.map(({ title }) => title.id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(await names({})).toEqual(['Once']);
    const again = await create({ ...input, name: 'Twice' });
    expect(again.errors).toMatchObject([{ code: 'CONFLICT', path: ['idempotencyKey'] }]);
    expect((await create({ name: 'Once' })).created).toBe(true);
  });
});

describe('updateTitle', () => {
  it('changes what is given, empties what is null, and leaves the rest', async () => {
    const { title } = await create({
      name: 'Old',
      releaseYear: 2000,
      synopsis: 'S',
      externalIds: [{ source: 'imdb', value: 'tt1' }],
    });
    const { data } = await server.graphql(UPDATE, {
      input: { id: title.id, name: 'New', releaseYear: null },
    });
    expect(data.updateTitle).toEqual({
      title: { ...title, name: 'New', releaseYear: null },
      errors: [],
    });
  });

  it('replaces external ids as a whole', async () => {
    const { title } = await create({
      name: 'T',
      externalIds: [
        { source: 'imdb', value: 'tt1' },
        { source: 'house', value: '7' },
      ],
    });
    const externalIds = [
      { source: 'house', value: '7' },
      { source: 'house', value: '8' },
    ];
    const { data } = await server.graphql(UPDATE, { input: { id: title.id, externalIds } });
    expect(data.updateTitle.title.externalIds).toEqual(externalIds);
  });

  it('refuses an empty name and a title that is not there', async () => {
    const { title } = await create({ name: 'T' });
    const empty = await server.graphql(UPDATE, { input: { id: title.id, name: null } });
    expect(empty.data.updateTitle).toMatchObject({
      title: null,
      errors: [{ code: 'BAD_INPUT', path: ['name'] }],
    });
    const missing = await server.graphql(UPDATE, { input: { id: newId('title'), name: 'x' } });
    expect(missing.data.updateTitle).toMatchObject({
      title: null,
      errors: [{ code: 'NOT_FOUND', path: ['id'] }],
    });
  });
});

describe('deleteTitle', () => {
  const DELETE = 'mutation ($id: ID!) { deleteTitle(input: { id: $id }) { deletedTitleId errors { code } } }';

  it('removes the title with its trailers and predictions, once', async () => {
    const { titleIds, predictionIds } = await writeAnalysedTitles(server.database.prisma, 1);
    const first = await server.graphql(DELETE, { id: titleIds[0] });
    expect(first.data.deleteTitle).toEqual({ deletedTitleId: titleIds[0], errors: [] });
    expect(await server.database.prisma.prediction.count({ where: { id: { in: predictionIds } } })).toBe(0);
    const second = await server.graphql(DELETE, { id: titleIds[0] });
    expect(second.data.deleteTitle).toEqual({ deletedTitleId: null, errors: [{ code: 'NOT_FOUND' }] });
  });

  it('takes the jobs of waiting analyses with it', async () => {
    const { title } = await create({ name: 'T' });
    await server.app.analyses.request({ titleId: title.id, source: { kind: 'PATH', path: 'a.mp4' } });
    await server.graphql(DELETE, { id: title.id });
    const { rows } = await server.database.pool.query('SELECT key FROM graphile_worker.jobs');
    expect(rows).toEqual([]);
  });
});

describe('importTitles', () => {
  const row = (value: string, fields: object = {}) => ({
    externalId: { source: 'imdb', value },
    name: value,
    ...fields,
  });

  it('creates new titles, updates known ones, and leaves out what a row does not say', async () => {
    await create({ name: 'Known', synopsis: 'Stays.', externalIds: [{ source: 'imdb', value: 'tt1' }] });
    const { data } = await server.graphql(IMPORT, {
      input: { titles: [row('tt2'), row('tt1', { releaseYear: 1999 })] },
    });
    expect(data.importTitles).toMatchObject({
      errors: [],
      imported: [
        { row: 0, created: true, title: { name: 'tt2' } },
        { row: 1, created: false, title: { name: 'tt1', synopsis: 'Stays.', releaseYear: 1999 } },
      ],
    });
  });

  it('stores the usable rows and reports the others by their place', async () => {
    const titles = [row('tt1'), row('tt2', { name: '' }), row('tt1'), row('tt3', { releaseYear: 1 })];
    const { data } = await server.graphql(IMPORT, { input: { titles } });
    expect(data.importTitles.imported.map((one: { row: number }) => one.row)).toEqual([0]);
    expect(data.importTitles.errors).toEqual([
      { code: 'BAD_INPUT', path: ['titles', '1', 'name'] },
      { code: 'CONFLICT', path: ['titles', '2', 'externalId'] },
      { code: 'BAD_INPUT', path: ['titles', '3', 'releaseYear'] },
    ]);
  });

  it('gives the same catalog when it is repeated, also by many at the same time', async () => {
    for (const round of [1, 2, 3]) {
      const input = { titles: Array.from({ length: 20 }, (_, i) => row(`tt${round}-${i}`)) };
      const answers = await Promise.all(Array.from({ length: 4 }, () => server.graphql(IMPORT, { input })));
      for (const { data } of answers) expect(data.importTitles.errors).toEqual([]);
    }
    expect(await names({})).toHaveLength(60);
  });

  it('takes 1,000 rows with a bounded number of statements, and refuses 1,001', async () => {
    const titles = Array.from({ length: 1001 }, (_, i) => row(`tt${i}`));
    server.statements();
    const brief =
      'mutation ($input: ImportTitlesInput!) { importTitles(input: $input) { imported { row } errors { code path } } }';
    const full = await server.graphql(brief, { input: { titles: titles.slice(0, 1000) } });
    expect(full.data.importTitles.imported).toHaveLength(1000);
    expect(server.statements().length).toBeLessThanOrEqual(10);
    const above = await server.graphql(brief, { input: { titles } });
    expect(above.data.importTitles).toEqual({
      imported: null,
      errors: [{ code: 'TOO_LARGE', path: ['titles'] }],
    });
  });
});

describe('filters', () => {
  beforeEach(async () => {
    await create({ name: 'Alpha', releaseYear: 1990, externalIds: [{ source: 'imdb', value: 'tt1' }] });
    await create({
      name: 'alphabet 100%',
      releaseYear: 2000,
      externalIds: [{ source: 'house', value: 'x' }],
    });
    await create({ name: 'Beta_alpha' });
  });

  it.each([
    [{}, ['alphabet 100%', 'Alpha', 'Beta_alpha']],
    [{ name: { startsWith: 'ALPHA' } }, ['alphabet 100%', 'Alpha']],
    [{ name: { contains: 'ALPHA' } }, ['alphabet 100%', 'Alpha', 'Beta_alpha']],
    [{ name: { contains: '%' } }, ['alphabet 100%']],
    [{ name: { contains: '_' } }, ['Beta_alpha']],
    [{ name: { contains: '\\' } }, []],
    [{ releaseYear: { min: 1990, max: 1999 } }, ['Alpha']],
    [{ releaseYear: { min: 1995 } }, ['alphabet 100%']],
    [{ externalId: { source: 'IMDB' } }, ['Alpha']],
    [{ externalId: { source: 'imdb', value: 'tt2' } }, []],
    [{ hasPrediction: true }, []],
    [{ hasPrediction: false, name: { startsWith: 'b' } }, ['Beta_alpha']],
  ])('%j means %j', async (filter, expected) => {
    expect((await names(filter)).sort()).toEqual([...expected].sort());
  });

  it('by tags look at the newest prediction alone', async () => {
    const { prisma } = server.database;
    const { trailerIds, titleIds } = await writeAnalysedTitles(prisma, 1, { trailers: 2 });
    const accepted = { tags: [{ label: 'genre/one', minProbability: 0.8 }] };
    expect(await names(accepted)).toEqual(['Title 000']);
    expect(await names({ tags: [{ label: 'genre/one', minProbability: 0.95 }] })).toEqual([]);
    expect(await names({ tags: [{ label: 'mood/one', states: ['ACCEPTED'] }] })).toEqual([]);
    expect(await names({ tags: [{ label: 'mood/one', states: ['BELOW_THRESHOLD'] }] })).toEqual([
      'Title 000',
    ]);
    expect(await names({ tags: [{ label: 'genre/one' }, { label: 'genre/two' }] })).toEqual(['Title 000']);

    // The newest prediction says no: the older one of the other trailer no longer counts.
    const newest = await prisma.prediction.findFirstOrThrow({
      where: { trailerId: trailerIds[1] as string },
    });
    await prisma.prediction.update({
      where: { id: newest.id },
      data: { createdAt: new Date(Date.now() + 60_000) },
    });
    await prisma.tag.update({
      where: { predictionId_labelId: { predictionId: newest.id, labelId: 'genre/one' } },
      data: { state: 'BELOW_THRESHOLD', probability: 0.1 },
    });
    expect(await names(accepted)).toEqual([]);
    const { data } = await server.graphql('query ($id: ID!) { title(id: $id) { prediction { id } } }', {
      id: titleIds[0],
    });
    expect(data.title.prediction.id).toBe(newest.id);
  });

  it('that are not usable are refused with their place', async () => {
    const { errors } = await server.graphql(LIST, {
      first: 1,
      filter: { tags: [{ label: 'x', minProbability: 2 }] },
    });
    expect(errors).toMatchObject([{ path: ['titles'], extensions: { code: 'BAD_INPUT' } }]);
  });

  it.each([
    [{ releaseYear: { min: 2000, max: 1990 } }, /ends before it begins/],
    [{ tags: [{ label: 'mood/drak' }] }, /no label mood\/drak/],
  ])('%j, which could find nothing, is refused', async (filter, message) => {
    const { errors } = await server.graphql(LIST, { first: 1, filter });
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: 'BAD_INPUT' } },
    ]);
  });
});

describe('the pages of a list', () => {
  const ORDERS = ['NAME', 'RELEASE_YEAR', 'CREATED_AT'].flatMap((field) =>
    ['ASC', 'DESC'].map((direction) => ({ field, direction })),
  );

  async function walk(
    first: number,
    orderBy: object,
    between: () => Promise<void> = async () => undefined,
  ): Promise<string[]> {
    const ids: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { data } = await server.graphql(LIST, { first, after, orderBy });
      const { edges, nodes, pageInfo } = data.titles;
      expect(nodes.map((node: { id: string }) => node.id)).toEqual(
        edges.map((edge: { node: { id: string } }) => edge.node.id),
      );
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      ids.push(...nodes.map((node: { id: string }) => node.id));
      if (!pageInfo.hasNextPage) return ids;
      after = pageInfo.endCursor;
      await between();
    }
  }

  async function fill(rows: { name: string; releaseYear: number | null }[]): Promise<void> {
    const { prisma } = server.database;
    await prisma.title.deleteMany();
    await prisma.title.createMany({
      data: rows.map((row) => ({
        id: newId('title'),
        ...row,
        createdAt: new Date(1_700_000_000_000 + rows.indexOf(row)),
      })),
    });
  }

  it('hold every title once and in order, for every order and length of page', async () => {
    const row = fc.record({
      name: fc.constantFrom('a', 'B', 'é', 'a b', 'z'),
      releaseYear: fc.constantFrom(1990, 2000, null),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...ORDERS),
        async (rows, first, orderBy) => {
          await fill(rows);
          const whole = await walk(100, orderBy);
          expect(new Set(whole).size).toBe(rows.length);
          expect(await walk(first, orderBy)).toEqual(whole);
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });

  it.each(ORDERS)(
    'neither repeat nor lose a title that was there when others come and go: %j',
    async (orderBy) => {
      await fill(
        Array.from({ length: 12 }, (_, i) => ({
          name: `name ${i % 4}`,
          releaseYear: i % 3 === 0 ? null : 1990 + (i % 3),
        })),
      );
      const before = await walk(100, orderBy);
      const { prisma } = server.database;
      let newcomer = '';
      const seen = await walk(3, orderBy, async () => {
        if (newcomer) await prisma.title.delete({ where: { id: newcomer } });
        newcomer = newId('title');
        await prisma.title.create({ data: { id: newcomer, name: 'name 1', releaseYear: 1991 } });
      });
      expect(seen.filter((id) => before.includes(id))).toEqual(before);
    },
  );

  it('put titles without a year last, both ways', async () => {
    await fill([
      { name: 'none', releaseYear: null },
      { name: 'old', releaseYear: 1950 },
      { name: 'new', releaseYear: 2020 },
    ]);
    for (const [direction, expected] of [
      ['ASC', ['old', 'new', 'none']],
      ['DESC', ['new', 'old', 'none']],
    ] as const) {
      const { data } = await server.graphql(LIST, {
        first: 10,
        orderBy: { field: 'RELEASE_YEAR', direction },
      });
      expect(data.titles.nodes.map((title: { name: string }) => title.name)).toEqual(expected);
    }
  });

  it('count the whole list, with its filter', async () => {
    await fill([
      { name: 'a', releaseYear: 1 },
      { name: 'b', releaseYear: 2 },
      { name: 'c', releaseYear: 3 },
    ]);
    const { data } = await server.graphql(LIST, { first: 1, filter: { releaseYear: { min: 2 } } });
    expect(data.titles).toMatchObject({ totalCount: 2, nodes: [{}], pageInfo: { hasNextPage: true } });
  });

  it('refuse a cursor of another order', async () => {
    await fill([
      { name: 'a', releaseYear: 1 },
      { name: 'b', releaseYear: 2 },
    ]);
    const { data } = await server.graphql(LIST, { first: 1, orderBy: { field: 'NAME' } });
    const after = data.titles.pageInfo.endCursor;
    const { errors } = await server.graphql(LIST, { first: 1, after, orderBy: { field: 'RELEASE_YEAR' } });
    expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT');
  });
});
