import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, runServer } from '../http/running-server.js';
import { placeSample } from '../sample.js';
import { CHROMIUM, launchBrowser } from './browser.js';

describe.skipIf(CHROMIUM === null)('the page of an analysis that waits', { timeout: 90_000 }, () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([runServer(), launchBrowser()]);
    await placeSample(server.config);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('stops it, and starts it again', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const state = async () => {
      const { data } = await server.graphql('{ analyses(first: 1) { edges { node { state } } } }');
      return data.analyses.edges[0].node.state;
    };
    await page.goto(server.url);
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await page.getByRole('heading', { name: 'Analysing' }).waitFor();
    expect(await state()).toBe('QUEUED');

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('alert').getByText('The analysis was stopped.').waitFor();
    expect(await state()).toBe('CANCELLED');

    await page.getByRole('button', { name: 'Start it again' }).click();
    await page.getByRole('heading', { name: 'Analysing' }).waitFor();
    expect(await state()).toBe('QUEUED');
    await page.close();
  });
});
