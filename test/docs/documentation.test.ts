import { access, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { FAILURES } from '../../src/failure.js';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');

/** First cells of a table's rows, as code: `| \`X\` | …`. */
const named = (text: string) => [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);

describe('docs/operations.md', () => {
  it('names every setting that the configuration reads, and no other', async () => {
    const settings = (await read('docs/operations.md')).split('## Signals')[0] ?? '';
    const source = await read('src/config.ts');
    const variables = [...source.matchAll(/^ {2}([A-Z_]+):/gm)].map((match) => match[1]);
    expect(named(settings).sort()).toEqual(variables.sort());
  });

  it('states the defaults as they are', async () => {
    const text = await read('docs/operations.md');
    const config = readConfig({});
    const stated = (variable: string) =>
      text.match(new RegExp(`^\\| \`${variable}\` \\| \`([^\`]+)\``, 'm'))?.[1];
    expect({
      HOST: stated('HOST'),
      PORT: Number(stated('PORT')),
      MARQUEE_ROLE: stated('MARQUEE_ROLE'),
      MARQUEE_PACK: stated('MARQUEE_PACK'),
      MARQUEE_DEVICE: stated('MARQUEE_DEVICE'),
      MARQUEE_CONCURRENCY: Number(stated('MARQUEE_CONCURRENCY')),
      MARQUEE_MAX_UPLOAD_BYTES: Number(stated('MARQUEE_MAX_UPLOAD_BYTES')),
      MARQUEE_MAX_DOWNLOAD_BYTES: Number(stated('MARQUEE_MAX_DOWNLOAD_BYTES')),
      MARQUEE_DOWNLOAD_SECONDS: Number(stated('MARQUEE_DOWNLOAD_SECONDS')),
      MARQUEE_MAX_DURATION_SECONDS: Number(stated('MARQUEE_MAX_DURATION_SECONDS')),
      MARQUEE_RATE_PER_MINUTE: Number(stated('MARQUEE_RATE_PER_MINUTE')),
      LOG_LEVEL: stated('LOG_LEVEL'),
    }).toEqual({
      HOST: config.host,
      PORT: config.port,
      MARQUEE_ROLE: config.role,
      MARQUEE_PACK: config.pack,
      MARQUEE_DEVICE: config.device,
      MARQUEE_CONCURRENCY: config.concurrency,
      MARQUEE_MAX_UPLOAD_BYTES: config.limits.uploadBytes,
      MARQUEE_MAX_DOWNLOAD_BYTES: config.limits.downloadBytes,
      MARQUEE_DOWNLOAD_SECONDS: config.limits.downloadSeconds,
      MARQUEE_MAX_DURATION_SECONDS: config.limits.durationSeconds,
      MARQUEE_RATE_PER_MINUTE: config.limits.requestsPerMinute,
      LOG_LEVEL: config.logLevel,
    });
  });

  it('explains every failure code, and says rightly which are tried again', async () => {
    const trouble = (await read('docs/operations.md')).split('## Trouble')[1] ?? '';
    const rows = [...trouble.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \|/gm)].map((match) => [
      match[1],
      match[2] === 'yes',
    ]);
    expect(rows).toEqual(Object.entries(FAILURES).map(([code, { retryable }]) => [code, retryable]));
  });

  it('names only figures that /metrics has', async () => {
    const named = (await read('docs/operations.md')).match(/marquee_\w+/g) ?? [];
    const source = await read('src/http/metrics.ts');
    expect(named.length).toBeGreaterThan(0);
    for (const figure of named) expect(source).toContain(`'${figure}'`);
  });
});

describe('the documentation', () => {
  it('links to nothing that is missing', async () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'docs/README.md',
      'docs/operations.md',
      'docs/decisions/README.md',
      'examples/README.md',
    ];
    for (const page of pages) {
      const links = [...(await read(page)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        (match) => match[1] as string,
      );
      for (const link of links) {
        const target = new URL(link, new URL(`../../${page}`, import.meta.url));
        await expect(access(target), `${page} → ${link}`).resolves.toBeUndefined();
      }
    }
  });

  it('keeps the README under 150 lines', async () => {
    expect((await read('README.md')).split('\n').length).toBeLessThan(150);
  });
});
