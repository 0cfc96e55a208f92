import { expect, test } from 'vitest';
import { readConfig } from '../src/config.js';

const SECRET = '0123456789abcdef';

test.each([
  ['PORT', '70000'],
  ['PORT', 'http'],
  ['MARQUEE_ROLE', 'master'],
  ['MARQUEE_PACK', 'Full'],
  ['MARQUEE_MODEL_BYTES', '1GB'],
  ['HF_ENDPOINT', 'hub'],
  ['MARQUEE_API_KEYS', 'desk:editor:short'],
  ['MARQUEE_API_KEYS', `desk:owner:${SECRET}`],
  // A header could not carry it.
  ['MARQUEE_API_KEYS', `desk:editor: ${SECRET}`],
  ['MARQUEE_API_KEYS', `desk:reader:${SECRET},boss:admin:${SECRET}`],
  ['MARQUEE_CONCURRENCY', '0'],
  ['MARQUEE_THREADS', '2.5'],
  ['MARQUEE_MAX_UPLOAD_BYTES', '-1'],
  // As milliseconds it is more than a timer can wait for.
  ['MARQUEE_DOWNLOAD_SECONDS', '1e12'],
  ['MARQUEE_MAX_DURATION_SECONDS', 'Infinity'],
  ['MARQUEE_RATE_PER_MINUTE', '1.5'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s stops the start with a sentence that names it, and no secret', (name, value) => {
  const failure = expect.objectContaining({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringMatching(new RegExp(`^(?!.*${SECRET}).* ${name}: .+\\.$`)),
  });
  expect(() => readConfig({ [name]: value })).toThrow(failure);
});

test('what is empty counts as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 4000, databaseUrl: null });
});
