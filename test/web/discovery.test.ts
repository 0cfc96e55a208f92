import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runServerWithFilms } from '../discovery/films.js';
import type { RunningServer } from '../http/running-server.js';
import { CHROMIUM, complaintsOf, launchBrowser } from './browser.js';

const KEYS = {
  editor: 'a-key-of-an-editor-01',
  reader: 'a-key-of-a-reader-001',
};

describe.skipIf(CHROMIUM === null)('the page of a catalog with many titles', { timeout: 90_000 }, () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    const apiKeys = (['editor', 'reader'] as const).map((role) => ({ name: role, role, secret: KEYS[role] }));
    [server, browser] = await Promise.all([runServerWithFilms({ apiKeys }), launchBrowser()]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const openRows = async (role: keyof typeof KEYS) => {
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.setDefaultTimeout(45_000);
    complaints = complaintsOf(page);
    await page.addInitScript(`sessionStorage.setItem('marquee-api-key', '${KEYS[role]}')`);
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Rows' }).click();
    await page.getByRole('heading', { name: 'Rows', exact: true }).waitFor();
  };

  beforeEach(() => openRows('editor'));

  afterEach(() => page.close());

  const names = () => page.locator('.row-card h2').allTextContents();
  const press = (action: string, name: string | undefined) =>
    page.getByRole('button', { name: `${action}: ${name}`, exact: true }).click();

  it('shows the rows, each with its rule and titles that lead to what is similar to them', async () => {
    expect((await names()).length).toBeGreaterThan(2);
    const row = page.locator('.row-card').first();
    expect(await row.locator('.small').textContent()).toMatch(/ · \d+ titles fit$/);
    expect(await row.getByRole('listitem').count()).toBeGreaterThanOrEqual(6);
    const title = row.getByRole('link').first();
    const name = (await title.locator('.name').textContent()) ?? '';
    await title.click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    const similar = page.getByRole('region', { name: 'Similar titles' });
    await similar.waitFor();
    expect(await similar.getByRole('link').count()).toBe(6);
    for (const because of await similar.locator('.small').allTextContents()) expect(because).not.toBe('');
    expect(await similar.getByRole('link', { name, exact: true }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('keeps what an editor pins and renames in front, also after a reload, and says so aloud', async () => {
    const last = (await names()).at(-1);
    await press('Pin', last);
    await page.getByRole('button', { name: `Unpin: ${last}`, exact: true }).waitFor();
    expect((await names())[0]).toBe(last);
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe(last);
    expect(await page.getByRole('status').first().textContent()).toBe(`${last} stays on the page.`);
    await press('Rename', last);
    await page.getByLabel(`Another name for ${last}`).fill('Our own choice');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Our own choice' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Our own choice' }).waitFor();
    expect((await names())[0]).toBe('Our own choice');
    await press('Rename', 'Our own choice');
    await page.getByRole('button', { name: 'Its own name' }).click();
    await press('Unpin', last);
    await page.getByRole('button', { name: `Pin: ${last}`, exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('lists what an editor hid apart, and brings it back', async () => {
    const [first] = await names();
    await press('Hide', first);
    const hidden = page.getByRole('region', { name: 'Hidden rows' });
    await hidden.waitFor();
    expect(await names()).not.toContain(first);
    await hidden.getByRole('button', { name: /^Show again/ }).click();
    await hidden.waitFor({ state: 'detached' });
    expect(await names()).toContain(first);
    expect(complaints).toEqual([]);
  });

  it('keeps the name that was typed when the server refuses it, and says why', async () => {
    const [first] = await names();
    await press('Rename', first);
    const field = page.getByLabel(`Another name for ${first}`);
    await field.fill('   ');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Give the row a name of 1 to 120 characters.').first().waitFor();
    expect(await field.inputValue()).toBe('   ');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await names()).toContain(first);
  });

  it('fits a screen of 320 pixels', async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('shows rows to a reader, who is told that they cannot be changed', async () => {
    await page.close();
    await openRows('reader');
    expect(await page.getByText(/^They can be read only: /).textContent()).toContain('editor');
    expect(await page.locator('.row-card').count()).toBeGreaterThan(2);
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('says what a search was taken for, marks the words, and fetches more of what it found', async () => {
    await page.getByRole('link', { name: 'Catalog' }).click();
    await page.getByLabel('Search the catalog').fill('westerns with a sheriff, not romance');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page
      .getByText('Labels: westerns. Searched for: “westerns with a sheriff,”. Without: romance.')
      .waitFor();
    expect(await page.locator('.found mark').allTextContents()).toContain('sheriff');
    await page.getByLabel('Search the catalog').fill('-comedy');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('Without: comedy.', { exact: true }).waitFor();
    const found = page.locator('.found li a');
    const more = page.getByRole('button', { name: 'Show more found' });
    await page.route('**/graphql', (route) => route.abort(), { times: 1 });
    await more.click();
    await page.getByText('The server does not answer.').waitFor();
    await more.click();
    await expect.poll(() => found.count()).toBe(20);
    expect(new Set(await found.allTextContents()).size).toBe(20);
    expect(await page.getByText('The server does not answer.').count()).toBe(0);
  });
});
