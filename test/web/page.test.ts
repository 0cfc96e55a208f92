import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_LINES } from '../../src/media/sample-story.js';
import { clock } from '../../src/web/words.js';
import { renderFilm } from '../analysis/film.js';
import { genreRows } from '../analysis/learning-rows.js';
import { CHROMIUM, complaintsOf, launchBrowser } from './browser.js';
import { type RunningMarquee, runMarquee } from './running-marquee.js';

const ANALYSED_WITHIN_MS = 45_000;

describe.skipIf(CHROMIUM === null)('the page', { timeout: 90_000 }, () => {
  let marquee: RunningMarquee;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    [marquee, browser] = await Promise.all([runMarquee(), launchBrowser()]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await marquee?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.setDefaultTimeout(ANALYSED_WITHIN_MS);
    complaints = complaintsOf(page);
    await page.goto(marquee.url);
  });

  afterEach(() => page.close());

  const prediction = () => page.getByRole('region', { name: 'Signal quality' });

  it('leads an uploaded trailer to its tags and their evidence', async () => {
    await page.getByLabel('Choose a video').setInputFiles(marquee.sample);
    expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe('Sample');
    await page.getByLabel('Title', { exact: true }).fill('Ember Road, uploaded');
    await page.getByLabel('Year (optional)').fill('2026');
    await page.getByRole('button', { name: 'Analyse the trailer' }).click();

    await prediction().waitFor();
    await page.getByRole('heading', { name: 'Ember Road, uploaded' }).waitFor();
    const shown = await page.locator('.group details.tag > summary .label').allTextContents();
    const known = await acceptedAndSuggested(marquee.url, 'Ember Road, uploaded');
    expect(shown.sort()).toEqual(known.sort());
    expect(shown.length).toBeGreaterThan(0);

    const moments = await page.locator('.evidence li', { has: page.locator('q') }).all();
    expect(moments.length).toBeGreaterThan(0);
    for (const moment of moments) {
      const [time, words] = [
        await moment.locator('time').textContent(),
        await moment.locator('q').textContent(),
      ];
      const line = SAMPLE_LINES.find(({ text }) => text === words);
      expect(time, words ?? '').toBe(`${clock(line?.startSeconds ?? 0)}–${clock(line?.endSeconds ?? 0)}`);
    }
    await page.waitForFunction(
      `[...document.querySelectorAll('.evidence img')].some((img) => img.naturalWidth > 0)`,
    );
    expect(complaints).toEqual([]);
  });

  it('makes one title of two presses where the answer to the first was lost', async () => {
    const titles = async () => {
      const asked = { method: 'POST', headers: { 'content-type': 'application/json' } };
      const body = JSON.stringify({ query: '{ titles { totalCount } }' });
      const answer = await fetch(`${marquee.url}/graphql`, { ...asked, body });
      const { data } = (await answer.json()) as { data: { titles: { totalCount: number } } };
      return data.titles.totalCount;
    };
    const before = await titles();
    let lost = 0;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('createTitle')) return route.continue();
      lost++;
      await route.fetch();
      return route.abort();
    });
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await page.getByRole('alert').waitFor();
    await page.unroute('**/graphql');
    expect(await titles()).toBe(before + 1);
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await prediction().waitFor();
    expect([lost, await titles()]).toEqual([1, before + 1]);
  });

  it('does not say of labels that abstain that they do not fit', async () => {
    const film = await renderFilm(path.join(marquee.config.dataFolder, 'without-words.mp4'));
    await page.getByLabel('Choose a video').setInputFiles(film);
    await page.getByRole('button', { name: 'Analyse the trailer' }).click();
    await prediction().waitFor();
    const theme = page.getByRole('region', { name: 'Theme' });
    expect(await theme.locator('.none').textContent()).toBe('There is too little to go by here.');
    expect((await theme.locator('summary').allTextContents()).join()).toMatch(
      /^\d+ with too little to go by$/,
    );
  });

  it('shows each stage as it runs, and misses no event when the connection breaks', async () => {
    const subscriptions: { after: number }[] = [];
    const numbers: number[] = [];
    await page.routeWebSocket('**/graphql', (socket) => {
      const server = socket.connectToServer();
      let broken = false;
      socket.onMessage((message) => {
        const { type, payload } = JSON.parse(String(message));
        if (type === 'subscribe') subscriptions.push(payload.variables);
        server.send(message);
      });
      server.onMessage((message) => {
        // What was under way when the connection broke never arrives.
        if (broken) return;
        const { type, payload } = JSON.parse(String(message));
        socket.send(message);
        if (type !== 'next') return;
        numbers.push(payload.data.analysisEvents.number);
        // The first connection breaks behind its third event.
        broken = subscriptions.length === 1 && numbers.length === 3;
        if (broken) socket.close({ code: 4900 });
      });
    });
    await page.goto(marquee.url);
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await prediction().waitFor();

    expect(subscriptions.length).toBeGreaterThan(1);
    expect(subscriptions[1]?.after).toBe(3);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('keeps what is open, typed and focused elsewhere on the page when an analysis ends', async () => {
    let letEnd = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      letEnd = resolve;
    });
    await page.routeWebSocket('**/graphql', (socket) => {
      const server = socket.connectToServer();
      let before = Promise.resolve();
      server.onMessage((message) => {
        if (String(message).includes('SUCCEEDED')) before = before.then(() => mayEnd);
        void before.then(() => socket.send(message));
      });
    });
    await page.goto(marquee.url);
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await page.getByText('Analyse another trailer of this title').click();
    await page.getByLabel('Link', { exact: true }).check();
    const url = page.getByLabel(/https or YouTube/);
    await url.pressSequentially('https://exam');
    letEnd();
    await prediction().waitFor();
    await page.keyboard.type('ple.org/film.mp4');
    expect(await url.inputValue()).toBe('https://example.org/film.mp4');
    expect(complaints).toEqual([]);
  });

  it('lists the newest trailer of a title first, each by itself, and folds and empties the form', async () => {
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await prediction().waitFor();
    const first = page.getByRole('region', { name: 'Trailer', exact: true }).first();
    await first.locator('.group details.tag[open]').first().locator('summary').click();
    await page.getByText('Analyse another trailer of this title').click();
    await page.getByLabel('Choose a video').setInputFiles(marquee.sample);
    await page.getByRole('button', { name: 'Analyse the trailer' }).click();
    await expect.poll(() => prediction().count()).toBe(2);
    expect(await page.locator('.trailer .source').allTextContents()).toEqual([
      expect.stringMatching(/^Uploaded trailer/),
      expect.stringMatching(/^sample-trailer\.mp4/),
    ]);
    const older = page.locator('.trailer').nth(1).locator('.group details.tag');
    expect(await older.first().getAttribute('open')).toBeNull();
    expect(await page.locator('details.another').getAttribute('open')).toBeNull();
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^Analyse another trailer/);
    expect(complaints).toEqual([]);
  });

  it('takes verdicts of an editor, shows the one that stands after a reload, and takes it back', async () => {
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await prediction().waitFor();
    const label = (await page.locator('.group details.tag > summary .label').first().textContent()) ?? '';
    const button = (name: string) => page.getByRole('button', { name: `${name}: ${label}`, exact: true });
    const pressed = () => button('Accept').getAttribute('aria-pressed');
    const waitUntil = (name: string, state: string) =>
      expect.poll(() => button(name).getAttribute('aria-pressed')).toBe(state);
    await button('Accept').click();
    await waitUntil('Accept', 'true');
    await page.reload();
    await prediction().waitFor();
    expect(await pressed()).toBe('true');
    await button('Accept').click();
    await waitUntil('Accept', 'false');
    await button('Reject').click();
    await waitUntil('Reject', 'true');
    expect(await pressed()).toBe('false');
    expect(complaints).toEqual([]);
  });

  it('lays tags that nobody has judged before an editor, and asks for none of them again', async () => {
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await prediction().waitFor();
    await page.getByRole('link', { name: 'Review' }).click();
    const queue = page.getByRole('list', { name: 'Tags to judge' });
    const first = queue.locator('> li').first();
    const label = (await first.locator('summary .label').textContent()) ?? '';
    const before = Number(await page.locator('h1 .figure').textContent());
    expect(await first.getByRole('link').getAttribute('href')).toMatch(/^#\/titles\/title_/);
    const reject = first.getByRole('button', { name: `Reject: ${label}`, exact: true });
    await reject.click();
    await expect.poll(() => reject.getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await queue.waitFor();
    expect(Number(await page.locator('h1 .figure').textContent())).toBe(before - 1);
    const shown = await queue.locator('> li').count();
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => queue.locator('> li').count()).toBeGreaterThan(shown);
    expect(complaints).toEqual([]);
  });

  it('finds titles by what is typed into the search box', async () => {
    await page.locator('.titles li a').first().waitFor();
    await page.getByLabel('Search the catalog').fill('ember road');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    const found = page.getByRole('list', { name: 'Found' }).getByRole('link').first();
    expect(await found.textContent()).toMatch(/^Ember Road/);
    await found.click();
    await prediction().waitFor();
  });

  it('switches to another classifier, shows the re-tagging and which one is active', async () => {
    await addClassifier(marquee);
    await page.getByRole('link', { name: 'Classifiers' }).click();
    const trained = page.getByRole('region', { name: 'Trained for the page' });
    await trained.getByRole('button', { name: 'Activate' }).click();
    await trained.getByText('active', { exact: true }).waitFor();
    await page
      .getByRole('region', { name: /^Shipped/ })
      .getByRole('button', { name: 'Activate' })
      .click();
    await page
      .getByRole('region', { name: /^Shipped/ })
      .getByText('active', { exact: true })
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('says in a sentence why an analysis failed and what to do', async () => {
    await page.getByLabel('Title', { exact: true }).fill('Not there');
    await page.getByLabel('On the server').check();
    await page.getByLabel('A path inside the server’s media folders').fill('nothing-here.mp4');
    await page.getByRole('button', { name: 'Analyse the trailer' }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain(
      'There is no file nothing-here.mp4 at this path. Check the path.',
    );
    expect(await alert.locator('code').textContent()).toBe('SOURCE_NOT_FOUND');
  });

  it('can be used by keyboard alone, and says aloud what happens', async () => {
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    for (let steps = 0; (await focused()) !== 'Try the sample'; steps++) {
      expect(steps, 'presses of Tab before the button').toBeLessThan(20);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await prediction().waitFor();
    expect(await page.getByRole('status').first().textContent()).toBe('The analysis is done.');
  });

  it('fits a screen of 320 pixels, in the catalog and on a title', async () => {
    const narrow = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
    await page.setViewportSize({ width: 320, height: 700 });
    await page.locator('.titles li a').first().waitFor();
    expect(await narrow()).toBe(true);
    await page
      .locator('.titles li', { has: page.locator('.chip') })
      .first()
      .getByRole('link')
      .click();
    await prediction().waitFor();
    expect(await narrow()).toBe(true);
  });

  it('shows what strangers write as they wrote it, however long its words are', async () => {
    const name = `<img src=x onerror="document.title='taken over'"> ${'endless'.repeat(60)}`;
    await page.setViewportSize({ width: 360, height: 700 });
    await page.getByLabel('Title', { exact: true }).fill(name);
    await page.getByLabel('On the server').check();
    await page.getByLabel('A path inside the server’s media folders').fill('sample-trailer.mp4');
    await page.getByRole('button', { name: 'Analyse the trailer' }).click();
    await page.getByRole('heading', { name }).waitFor();
    await prediction().waitFor();
    const narrow = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
    expect(await narrow()).toBe(true);
    await page.goto(marquee.url);
    await page.locator('.titles li a', { hasText: 'taken over' }).waitFor();
    expect(await narrow()).toBe(true);
    expect(await page.title()).not.toContain('taken over');
    expect(complaints).toEqual([]);
  });
});

/** A classifier that was trained from a few rows, through the API as anybody would. */
async function addClassifier({ url }: RunningMarquee): Promise<void> {
  const rows = genreRows(120).map((row) => JSON.stringify(row));
  const sent = await fetch(`${url}/uploads?fileName=rows.jsonl`, { method: 'PUT', body: rows.join('\n') });
  const { id: uploadId } = (await sent.json()) as { id: string };
  const ask = async (query: string, variables: object) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return ((await response.json()) as { data: Record<string, { state: string; training: { id: string } }> })
      .data;
  };
  const { trainClassifier } = await ask(
    'mutation ($input: TrainClassifierInput!) { trainClassifier(input: $input) { training { id } } }',
    { input: { name: 'Trained for the page', source: { uploadId }, head: 'LINEAR' } },
  );
  await expect
    .poll(
      async () =>
        (await ask('query ($id: ID!) { training(id: $id) { state } }', { id: trainClassifier?.training.id }))
          .training?.state,
      { timeout: 60_000 },
    )
    .toBe('SUCCEEDED');
}

/** Names of the labels that the newest title of this name was found to have, by the API. */
async function acceptedAndSuggested(url: string, name: string): Promise<string[]> {
  const query = `query ($name: String!) {
    titles(first: 1, filter: { name: { contains: $name } }) {
      edges { node { prediction { tags { state label { name } } } } }
    }
  }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { name } }),
  });
  const { data } = (await response.json()) as {
    data: {
      titles: { edges: { node: { prediction: { tags: { state: string; label: { name: string } }[] } } }[] };
    };
  };
  const tags = data.titles.edges[0]?.node.prediction.tags ?? [];
  return tags
    .filter(({ state }) => state === 'ACCEPTED' || state === 'SUGGESTED')
    .map(({ label }) => label.name);
}
