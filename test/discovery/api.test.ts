import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newId } from '../../src/catalog/id.js';
import type { RunningServer } from '../http/running-server.js';
import { FILMS_EACH, runServerWithFilms } from './films.js';

/** The index follows by notifications: how long that may take on a busy machine. */
const PATIENCE = { timeout: 15_000, interval: 50 };

let server: RunningServer;
const warnings: Error[] = [];
const keep = (warning: Error) => warnings.push(warning);
beforeAll(async () => {
  process.on('warning', keep);
  server = await runServerWithFilms();
});
afterAll(async () => {
  process.off('warning', keep);
  await server?.close();
});

/** The answer's data; fails the test on errors. */
async function ask(query: string, variables: object = {}) {
  const { data, errors } = await server.graphql(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

async function idOf(name: string): Promise<string> {
  return (await server.database.prisma.title.findFirstOrThrow({ where: { name } })).id;
}

/** A title that the index has taken over. */
async function addTitle(name: string, synopsis: string): Promise<string> {
  const { id } = await server.database.prisma.title.create({ data: { id: newId('title'), name, synopsis } });
  await server.app.discovery.makeProfiles();
  await server.app.discovery.refresh();
  return id;
}

describe('similar titles', () => {
  test('of a western are westerns, and never the title itself', async () => {
    const id = await idOf('Canyon 1');
    const { title } = await ask(
      `query ($id: ID!) { title(id: $id) { similar(first: 8) { score because title { id genres } reasons { contribution } } } }`,
      { id },
    );
    expect(title.similar.map((row: { title: { genres: string[] } }) => row.title.genres[0])).toEqual(
      Array(8).fill('Western'),
    );
    expect(title.similar.some((row: { title: { id: string } }) => row.title.id === id)).toBe(false);
    for (const { score, reasons, because } of title.similar) {
      const sum = reasons.reduce(
        (total: number, one: { contribution: number }) => total + one.contribution,
        0,
      );
      expect(sum).toBeCloseTo(score, 4);
      expect(because).toMatch(/western/i);
    }
  });

  test('come in pages that give each title once, also while titles are added', async () => {
    const id = await idOf('Orbit 3');
    const { prisma } = server.database;
    const known = new Set((await prisma.title.findMany({ select: { id: true } })).map((row) => row.id));
    const added: string[] = [];
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { title } = await ask(
        `query ($id: ID!, $after: String) { title(id: $id) { similar(first: 13, after: $after) { cursor title { id } } } }`,
        { id, after },
      );
      seen.push(...title.similar.map((row: { title: { id: string } }) => row.title.id));
      if (title.similar.length < 13) break;
      after = title.similar.at(-1).cursor;
      added.push(
        await addTitle(`Newcomer ${seen.length}`, 'Astronauts on a distant planet meet hostile aliens.'),
      );
    }
    await prisma.title.deleteMany({ where: { id: { in: added } } });
    const ofOld = seen.filter((one) => known.has(one));
    expect(ofOld.length).toBe(5 * FILMS_EACH - 1);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('are those that pass the filter, however far down the list', async () => {
    const { title } = await ask(
      `query ($id: ID!) { title(id: $id) { similar(first: 5, filter: { releaseYear: { min: 1960 }, name: { startsWith: "Trench" } }) { title { name releaseYear } } } }`,
      { id: await idOf('Garden 2') },
    );
    expect(title.similar.map((row: { title: object }) => row.title)).toEqual(
      expect.arrayContaining([
        { name: 'Trench 11', releaseYear: 1960 },
        { name: 'Trench 12', releaseYear: 1961 },
      ]),
    );
    expect(title.similar.length).toBe(2);
  });

  test('of a page of 50 titles cost as many statements as those of one title', async () => {
    const page = (first: number) =>
      ask(`{ titles(first: ${first}) { nodes { similar(first: 10) { score because title { id name } } } } }`);
    server.statements();
    await page(1);
    const one = server.statements().length;
    const { titles } = await page(50);
    const fifty = server.statements().length;
    expect(titles.nodes.length).toBe(50);
    expect(titles.nodes[0].similar.length).toBe(10);
    expect(fifty).toBeLessThanOrEqual(one);
    expect(fifty).toBeLessThan(8);
  });

  test('follow the blend: with tags alone, only tags are reasons', async () => {
    const { title } = await ask(
      `query ($id: ID!) { title(id: $id) { similar(first: 3, blend: { text: 0, words: 0, picture: 0, sound: 0, tags: 1 }) { reasons { aspect } } } }`,
      { id: await idOf('Cellar 4') },
    );
    for (const { reasons } of title.similar) expect(reasons).toEqual([{ aspect: 'TAGS' }]);
  });
});

describe('search', () => {
  const nameOf = ({ title }: { title: { name: string } }) => title.name;
  const search = async (query: string) =>
    (
      await ask(
        `query ($query: String!) { searchTitles(query: $query, first: 100) { totalCount interpretedAs { text include { word labels { id } } exclude { word } } nodes { score matchedBy highlight title { name genres } } } }`,
        { query },
      )
    ).searchTitles;

  test('takes words for labels and says so', async () => {
    const found = await search('western');
    expect(found.interpretedAs.include).toEqual([{ word: 'western', labels: [{ id: 'genre/western' }] }]);
    expect(found.nodes.length).toBeGreaterThanOrEqual(FILMS_EACH);
    expect(found.nodes[0].title.genres).toEqual(['Western']);
  });

  test('leaves out what "not" and "without" deny', async () => {
    const found = await search('killer not horror');
    expect(found.interpretedAs).toMatchObject({ text: 'killer', exclude: [{ word: 'horror' }] });
    expect(
      found.nodes.some((node: { title: { genres: string[] } }) => node.title.genres[0] === 'Horror'),
    ).toBe(false);
    const all = await search('killer');
    expect(all.nodes[0].title.genres).toEqual(['Horror']);
  });

  test('finds by the words that tell something what no text has with the common ones', async () => {
    const found = await search('convoy goes wrong');
    expect(found.nodes[0].highlight).toContain('«convoy»');
    expect((await search('ladder goes wrong')).totalCount).toBe(0);
  });

  test('finds a name with a typing error', async () => {
    const found = await search('Cannyon 7');
    expect(found.nodes[0].title.name).toBe('Canyon 7');
    expect(found.nodes[0].matchedBy).toContain('NAME');
  });

  test('finds by words with the words marked, and scores fall', async () => {
    const found = await search('submarine hunts a convoy');
    expect(found.nodes[0].highlight).toContain('«submarine»');
    const scores = found.nodes.map(({ score }: { score: number }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  test.each(['xyzzy plugh qwrtz', 'banana wolf ladder integral'])(
    'finds nothing for nonsense, of unknown words and of known ones: %s',
    async (query) => {
      expect((await search(query)).totalCount).toBe(0);
    },
  );

  test('of exclusions alone gives the titles that are left, the newest first', async () => {
    const found = await search('not horror -submarine');
    expect(found.interpretedAs).toMatchObject({ text: '', exclude: [{ word: 'horror' }] });
    const names = found.nodes.map(nameOf);
    expect(found.nodes.every(({ score }: { score: number }) => score > 0)).toBe(true);
    expect((await search('not -')).totalCount).toBe(0);
    const left = await server.database.prisma.title.findMany({
      where: { NOT: [{ genres: { has: 'Horror' } }, { synopsis: { contains: 'submarine' } }] },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
    expect(left.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(names.length).toBeGreaterThan(2 * FILMS_EACH);
    expect(names).toEqual(left.map(({ name }) => name).filter((name) => names.includes(name)));
  });

  test('leaves denied words out of what it finds by name, too', async () => {
    const id = await addTitle('The Great Harbour Robbery', 'Thieves come by night.');
    expect((await search('great harbour')).nodes[0].title.name).toBe('The Great Harbour Robbery');
    expect((await search('great harbour -robbery')).totalCount).toBe(0);
    await server.database.prisma.title.delete({ where: { id } });
  });

  test('finds a title by its name before it has a profile', async () => {
    const id = await addTitle('Zanzibar Lighthouse', 'A keeper waits.');
    await server.database.prisma.titleProfile.delete({ where: { titleId: id } });
    expect((await search('zanzibar lighthouse')).nodes.map(nameOf)).toContain('Zanzibar Lighthouse');
    await server.database.prisma.title.delete({ where: { id } });
  });

  test('finds words in quotes where they stand side by side', async () => {
    const apart = await search('convoy submarine');
    expect(apart.totalCount).toBeGreaterThan(0);
    expect((await search('"convoy submarine"')).totalCount).toBe(0);
    const found = await search('"hunts a convoy"');
    expect(found.totalCount).toBeGreaterThan(0);
    expect(found.nodes[0].highlight).toContain('«convoy»');
    expect((await search('submarine -"hunts a convoy"')).nodes.map(nameOf)).not.toContain(
      nameOf(found.nodes[0]),
    );
  });

  test.each([
    ['Léon', 'Zwei Brüder in Besançon.', ['leon', 'LÉON', 'bruder besancon']],
    ['Café Müller', 'Dancers.', ['cafe muller', 'café müler']],
    ['Ёлки', 'Новый год.', ['елки', 'Ёлк', 'новый']],
    ['千と千尋の神隠し', 'A girl among spirits.', ['千尋', '神隠し']],
    ['기생충', 'Two families.', ['기생']],
    ['لبنان', 'A tank.', ['لبنان', 'بنان']],
  ])(
    'finds %s with and without accents, in any script by a part of the name',
    async (name, text, queries) => {
      const id = await addTitle(name, text);
      for (const query of queries) expect((await search(query)).nodes.map(nameOf), query).toContain(name);
      await server.database.prisma.title.delete({ where: { id } });
    },
  );

  test('pages give no title twice while better ones come in', async () => {
    const page = async (after: string | null) =>
      (
        await ask(
          `query ($after: String) { searchTitles(query: "enemy soldiers in battle", first: 4, after: $after) { nodes { title { id } } pageInfo { endCursor hasNextPage } } }`,
          { after },
        )
      ).searchTitles;
    const first = await page(null);
    const id = await addTitle('Enemy soldiers in battle', 'Enemy soldiers in battle.');
    const second = await page(first.pageInfo.endCursor);
    await server.database.prisma.title.delete({ where: { id } });
    const seen = [...first.nodes, ...second.nodes].map((node) => node.title.id);
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('refuses an empty query with what to do', async () => {
    const { errors } = await server.graphql(`{ searchTitles(query: " ") { totalCount } }`);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  });
});

describe('ranking for a taste', () => {
  test('serves both tastes of a profile, and leaves out what it names', async () => {
    const liked = await Promise.all(['Canyon 1', 'Canyon 2', 'Garden 1', 'Garden 2'].map(idOf));
    const { rankForTaste } = await ask(
      `query ($liked: [ID!]!) { rankForTaste(liked: $liked, first: 10) { score because becauseOf { genres } title { id genres } } }`,
      { liked },
    );
    const genres = rankForTaste.map((row: { title: { genres: string[] } }) => row.title.genres[0]);
    expect(genres.filter((genre: string) => genre === 'Western').length).toBeGreaterThanOrEqual(4);
    expect(genres.filter((genre: string) => genre === 'Romance').length).toBeGreaterThanOrEqual(4);
    for (const row of rankForTaste) {
      expect(liked).not.toContain(row.title.id);
      expect(row.becauseOf.genres).toEqual(row.title.genres);
    }
    const scores = rankForTaste.map(({ score }: { score: number }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  test('leaves out titles that were deleted meanwhile; with none left, or ids of something else, it says so', async () => {
    const gone = newId('title');
    const asked = (field: string, liked: string[]) =>
      server.graphql(`query ($liked: [ID!]!) { found: ${field} }`, { liked });
    const ranked = 'rankForTaste(liked: $liked, disliked: $liked, first: 3) { score }';
    const rows = 'rows(liked: $liked) { name }';
    const { data } = await asked(ranked, [await idOf('Canyon 1'), gone]);
    expect(data.found).toHaveLength(3);
    for (const field of [ranked, rows]) {
      const none = await asked(field, [gone]);
      expect(none.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
      const name = await asked(field, ['Canyon 1']);
      expect(name.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
    }
  });

  test('without liked titles gives the newest', async () => {
    const newest = await server.database.prisma.title.findMany({
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: 5,
    });
    const { rankForTaste } = await ask(
      `{ rankForTaste(liked: [], first: 5) { score because title { id } } }`,
    );
    expect(rankForTaste).toEqual(
      newest.map(({ id }) => ({ score: 0, because: 'new in the catalog', title: { id } })),
    );
  });
});

describe('rows', () => {
  const rows = async (rest = '') =>
    (await ask(`{ rows(first: 8, size: 6${rest}) { ruleId name pinned rule titles { id } } }`)).rows;

  // Titles that the tests above deleted leave the index a moment later.
  beforeAll(async () => {
    const titles = await server.database.prisma.title.count();
    await vi.waitFor(
      async () => expect((await server.app.discovery.measure()).titles).toBe(titles),
      PATIENCE,
    );
  });

  test('are the same when asked again, and show no title twice', async () => {
    const page = await rows();
    expect(page.length).toBeGreaterThan(2);
    expect(await rows()).toEqual(page);
    const shown = page.flatMap((row: { titles: { id: string }[] }) => row.titles.map(({ id }) => id));
    expect(new Set(shown).size).toBe(shown.length);
    for (const { titles } of page) expect(titles.length).toBe(6);
  });

  test('stay as an editor pinned, hid and renamed them', async () => {
    const page = await rows();
    const [first, last] = [page[0], page.at(-1)];
    await ask(
      `mutation ($pin: ID!, $hide: ID!) {
        pinRow(input: { ruleId: $pin }) { errors { code } }
        renameRow(input: { ruleId: $pin, name: "Our choice" }) { edit { name pinned } }
        hideRow(input: { ruleId: $hide }) { errors { code } } }`,
      { pin: last.ruleId, hide: first.ruleId },
    );
    const edited = await rows();
    expect(edited[0]).toMatchObject({ ruleId: last.ruleId, name: 'Our choice', pinned: true });
    expect(edited.filter((row: { pinned: boolean }) => row.pinned)).toHaveLength(1);
    expect(edited.some((row: { ruleId: string }) => row.ruleId === first.ruleId)).toBe(false);
    const { rowEdits } = await ask('{ rowEdits { ruleId pinned hidden name } }');
    expect(rowEdits).toHaveLength(2);
    expect(rowEdits).toContainEqual({ ruleId: first.ruleId, pinned: false, hidden: true, name: null });
    expect(rowEdits).toContainEqual({ ruleId: last.ruleId, pinned: true, hidden: false, name: 'Our choice' });
    await ask('mutation ($id: ID!) { hideRow(input: { ruleId: $id, hidden: false }) { errors { code } } }', {
      id: first.ruleId,
    });
    expect((await ask('{ rowEdits { ruleId } }')).rowEdits).toEqual([{ ruleId: last.ruleId }]);
  });

  test('are edited whichever of their labels is named first', async () => {
    const edit = async (ruleId: string) =>
      (await ask(`mutation { pinRow(input: { ruleId: "${ruleId}", pinned: false }) { edit { ruleId } } }`))
        .pinRow.edit;
    expect(await edit('theme/revenge+mood/dark')).toEqual({ ruleId: 'mood/dark+theme/revenge' });
  });

  test.each(['mood/none', 'genre/western', 'mood/dark+mood/dark', 'mood/dark+theme/revenge+genre/war', ''])(
    'a row that does not exist cannot be edited: "%s"',
    async (ruleId) => {
      const { pinRow } = await ask(
        `mutation { pinRow(input: { ruleId: "${ruleId}" }) { errors { code path } } }`,
      );
      expect(pinRow.errors).toEqual([{ code: 'NOT_FOUND', path: ['ruleId'] }]);
    },
  );
});

describe('the index', () => {
  test('follows the database: a new title is found, a deleted one is not', async () => {
    const { createTitle } = await ask(
      `mutation { createTitle(input: { name: "Canyon 99", genres: ["Western"],
        synopsis: "A sheriff hunts outlaws across the desert." }) { title { id } } }`,
    );
    const { id } = createTitle.title;
    const canyon = await idOf('Canyon 1');
    const kin = () =>
      ask(`query ($id: ID!) { title(id: $id) { similar(first: 50) { title { id } } } }`, { id: canyon });
    const listed = async () =>
      (await kin()).title.similar.map((row: { title: { id: string } | null }) => row.title?.id);
    await vi.waitFor(async () => expect(await listed()).toContain(id), PATIENCE);
    await ask(`mutation ($id: ID!) { deleteTitle(input: { id: $id }) { deletedTitleId } }`, { id });
    await vi.waitFor(async () => expect(await listed()).not.toContain(id), PATIENCE);
  });

  test('follows change after change without piling up listeners', async () => {
    const { prisma } = server.database;
    const { discovery } = server.app;
    const titles = await prisma.title.count();
    const ids = Array.from({ length: 12 }, () => newId('title'));
    for (const [i, id] of ids.entries()) {
      await prisma.title.create({ data: { id, name: `Canyon ${100 + i}` } });
      await vi.waitFor(async () => expect((await discovery.measure()).titles).toBe(titles + i + 1), PATIENCE);
    }
    await prisma.title.deleteMany({ where: { id: { in: ids } } });
    await vi.waitFor(async () => expect((await discovery.measure()).titles).toBe(titles), PATIENCE);
    expect(warnings).toEqual([]);
  });
});

describe('moments', () => {
  test('are found by the words of a line, with their time and trailer', async () => {
    const { prisma } = server.database;
    const trailerId = newId('trailer');
    const titleId = await idOf('Trench 5');
    await prisma.trailer.create({
      data: { id: trailerId, titleId, sourceKind: 'PATH', sourceLocator: '/films/trench.mp4' },
    });
    await prisma.line.createMany({
      data: ['Hold the line!', 'The dragon sleeps under the mountain.'].map((text, index) => ({
        ...{ trailerId, index, text, kind: 'SPEECH' as const, origin: 'SIDECAR' as const },
        ...{ startSeconds: 10 * index, endSeconds: 10 * index + 3 },
      })),
    });
    const { searchMoments } = await ask(
      `{ searchMoments(query: "dragons under mountains") { nodes { startSeconds endSeconds line matchedBy trailer { id } } } }`,
    );
    expect(searchMoments.nodes).toEqual([
      {
        ...{ startSeconds: 10, endSeconds: 13, line: 'The dragon sleeps under the mountain.' },
        ...{ matchedBy: ['LINE'], trailer: { id: trailerId } },
      },
    ]);
  });
});

describe('exports', () => {
  test('of rows come as CSV over HTTP, a title a line', async () => {
    const response = await fetch(`${server.url}/export/rows.csv`);
    expect(response.headers.get('content-type')).toContain('text/csv');
    const [head, ...lines] = (await response.text()).trimEnd().split('\r\n');
    expect(head).toBe('day,row,ruleId,name,kind,pinned,position,titleId,title,releaseYear');
    expect(lines.length).toBeGreaterThan(5);
  });

  test('of anything else are not found', async () => {
    expect((await fetch(`${server.url}/export/secrets.csv`)).status).toBe(404);
  });
});
