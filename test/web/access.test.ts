import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, runServer } from '../http/running-server.js';
import { CHROMIUM, complaintsOf, launchBrowser } from './browser.js';

const KEY = 'a-key-of-the-desk-0001';

describe.skipIf(CHROMIUM === null)('the page of a server with API keys', { timeout: 90_000 }, () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    const apiKeys = [{ name: 'desk', role: 'service' as const, secret: KEY }];
    [server, browser] = await Promise.all([runServer(() => ({ apiKeys })), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('asks for a key, refuses a wrong one, and works with the right one', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(server.url);
    const answerTo = async (key: string) => {
      await page.getByLabel('API key').fill(key);
      const answer = page.waitForResponse((response) => response.url().endsWith('/graphql'));
      await page.getByRole('button', { name: 'Use this key' }).click();
      return (await answer).status();
    };
    expect(await answerTo('not-the-right-key')).toBe(401);
    expect(await answerTo(KEY)).toBe(200);
    await page.getByRole('region', { name: 'Titles' }).getByText('No titles yet.').waitFor();
    expect(await page.getByLabel('API key').count()).toBe(0);
    await page.close();
  });

  it('runs under its content security policy without a complaint', async () => {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.addInitScript(`sessionStorage.setItem('marquee-api-key', '${KEY}')`);
    const answer = await page.goto(server.url);
    await page.getByRole('region', { name: 'Titles' }).waitFor();
    expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'");
    expect(complaints).toEqual([]);
    await page.close();
  });
});
