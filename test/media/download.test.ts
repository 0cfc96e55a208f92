import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../src/media/address.js';
import { noteValidator, takeDownloadFolder } from '../../src/media/broken-download.js';
import { download } from '../../src/media/download.js';
import { checkUrl, type Network, PUBLIC_NETWORK } from '../../src/media/web-address.js';
import { certificate } from './certificate.js';

const bytes = Buffer.alloc(300_000, 'trailer ');
let server: Server;
let port: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requests: IncomingMessage[];
let storeFolder: string;

beforeAll(async () => {
  server = createTlsServer(await certificate(), (request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(async () => {
  requests = [];
  answer = (_request, response) => response.end(bytes);
  storeFolder = await mkdtemp(path.join(tmpdir(), 'marquee-download-'));
});
afterEach(async () => {
  server.closeAllConnections();
  await rm(storeFolder, { recursive: true, force: true });
});

/** The public rules, but for one name and address that are this test's own server. */
async function testNetwork(addresses = ['127.0.0.1']): Promise<Network> {
  return {
    resolve: async (host) => (host === 'films.example.net' ? addresses : PUBLIC_NETWORK.resolve(host)),
    isAllowedAddress: (address) => address === '127.0.0.1' || isPublicAddress(address),
    isAllowedPort: (asked) => asked === port || PUBLIC_NETWORK.isAllowedPort(asked),
    certificateAuthority: (await certificate()).cert,
  };
}

async function get(
  options: {
    path?: string;
    network?: Network;
    maxBytes?: number;
    maxSeconds?: number;
    signal?: AbortSignal;
  } = {},
) {
  return download(`https://films.example.net:${port}${options.path ?? '/Big%20Film.mp4'}`, {
    network: options.network ?? (await testNetwork()),
    storeFolder,
    maxBytes: options.maxBytes ?? 1_000_000,
    maxSeconds: options.maxSeconds ?? 20,
    signal: options.signal ?? new AbortController().signal,
  });
}

const failsWith = (code: string) => expect.objectContaining({ code });

describe('a download', () => {
  test('lands under the sha256 of its content and is named after the address', async () => {
    const file = await get();
    const contentHash = createHash('sha256').update(bytes).digest('hex');
    expect(file).toEqual({
      contentHash,
      path: path.join(storeFolder, contentHash),
      bytes: bytes.length,
      name: 'Big Film',
    });
    expect(await readFile(file.path)).toEqual(bytes);
    expect(await readdir(storeFolder)).toEqual([contentHash]);
  });

  test('that breaks is taken up where it broke', async () => {
    answer = (request, response) => {
      response.setHeader('etag', '"v1"');
      if (requests.length === 1) {
        response.setHeader('content-length', bytes.length);
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
        return;
      }
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1]);
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
      response.end(bytes.subarray(from));
    };
    expect((await get()).bytes).toBe(bytes.length);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.headers['if-range']).toBe('"v1"');
    expect(requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('whose file changed meanwhile begins anew', async () => {
    const changed = Buffer.alloc(50_000, 'another ');
    answer = (_request, response) => {
      response.setHeader('etag', `"v${requests.length}"`);
      if (requests.length > 1) response.end(changed);
      else {
        response.setHeader('content-length', bytes.length);
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
      }
    };
    expect((await get()).contentHash).toBe(createHash('sha256').update(changed).digest('hex'));
  });

  describe('that failed for now', () => {
    /** 100,000 bytes, then a broken line, then a server that is not well. */
    async function failOnce(): Promise<void> {
      answer = (_request, response) => {
        if (requests.length > 1) {
          response.writeHead(503).end();
          return;
        }
        response.setHeader('etag', '"v1"');
        response.setHeader('content-length', bytes.length);
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
      };
      await expect(get()).rejects.toEqual(failsWith('DOWNLOAD_FAILED'));
      requests = [];
    }

    test('is continued by the next call, and nothing but the file stays', async () => {
      await failOnce();
      expect(await readdir(storeFolder)).toEqual([expect.stringMatching(/^broken-/)]);
      answer = continued;
      const file = await get();
      expect(await readFile(file.path)).toEqual(bytes);
      expect(file.contentHash).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(requests.map(({ headers }) => headers['if-range'])).toEqual(['"v1"']);
      expect(await readdir(storeFolder)).toEqual([file.contentHash]);
    });

    test('begins anew where the server has another version by then', async () => {
      await failOnce();
      const changed = Buffer.alloc(50_000, 'another ');
      answer = (_request, response) => response.setHeader('etag', '"v2"').end(changed);
      expect(await readFile((await get()).path)).toEqual(changed);
    });

    test('begins anew where the server has nothing behind what was received', async () => {
      await failOnce();
      answer = (request, response) =>
        request.headers.range === undefined ? response.end(bytes) : response.writeHead(416).end();
      expect(await readFile((await get()).path)).toEqual(bytes);
    });

    test.each([
      ['bytes that one download may have', [450_000, 500_000, 1], 1],
      ['64 in all', Array.from({ length: 70 }, () => 1), 63],
    ])('displaces the oldest of what else was left, beyond the %s', async (_what, sizes, kept) => {
      // The first is the newest.
      for (const [age, bytes] of sizes.entries()) {
        const folder = path.join(storeFolder, `broken-${age}`);
        await mkdir(folder, { recursive: true });
        await writeFile(path.join(folder, 'bytes.part'), Buffer.alloc(bytes));
        const writtenAt = new Date(Date.now() - (age + 1) * 60_000);
        await utimes(path.join(folder, 'bytes.part'), writtenAt, writtenAt);
      }
      await failOnce();
      const others = (await readdir(storeFolder)).filter((name) => /^broken-\d{1,2}$/.test(name));
      expect(others.toSorted()).toEqual(Array.from({ length: kept }, (_, age) => `broken-${age}`).toSorted());
    });

    test('is nothing to another address', async () => {
      await failOnce();
      answer = continued;
      await get({ path: '/Other.mp4' });
      expect(requests[0]?.headers.range).toBeUndefined();
    });
  });

  /** The rest of the file, for whoever has the beginning of this version. */
  function continued(request: IncomingMessage, response: ServerResponse): void {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.setHeader('etag', '"v1"');
    if (from > 0)
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
  }

  test.each([
    ['a process that died is continued once it has long been silent', 120_000, 'bytes=1000-'],
    ['another process is left to it', 0, undefined],
  ])('of %s', async (_whose, silentMs, range) => {
    const address = `https://films.example.net:${port}/Big%20Film.mp4`;
    const other = await takeDownloadFolder(storeFolder, address);
    await noteValidator(other, '"v1"');
    await writeFile(other.bytesPath, bytes.subarray(0, 1000));
    const writtenAt = new Date(Date.now() - silentMs);
    await utimes(other.bytesPath, writtenAt, writtenAt);
    answer = continued;
    expect(await readFile((await get()).path)).toEqual(bytes);
    expect(requests[0]?.headers.range).toBe(range);
  });

  test('clears away what others left in the store two days ago, and no content', async () => {
    const content = 'a'.repeat(64);
    const names = [content, 'x.part', 'broken-x', 'download-x', 'youtube-x', 'new.part'];
    const longAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
    for (const name of names) {
      await writeFile(path.join(storeFolder, name), 'x');
      if (name !== 'new.part') await utimes(path.join(storeFolder, name), longAgo, longAgo);
    }
    const { contentHash } = await get();
    expect((await readdir(storeFolder)).toSorted()).toEqual([contentHash, content, 'new.part'].toSorted());
  });

  test('follows three redirects, each checked again, and no fourth', async () => {
    const redirects = (count: number) => {
      requests = [];
      answer = (request, response) => {
        const step = Number(new URL(request.url ?? '', 'https://x').searchParams.get('step') ?? 0);
        if (step < count) response.writeHead(302, { location: `/next?step=${step + 1}` }).end();
        else response.end(bytes);
      };
    };
    redirects(3);
    expect((await get()).bytes).toBe(bytes.length);
    redirects(4);
    await expect(get()).rejects.toEqual(failsWith('DOWNLOAD_FAILED'));
    expect(requests).toHaveLength(4);
  });

  test.each([
    ['announced', true],
    ['only sent', false],
  ])('larger than allowed is refused when its size is %s', async (_how, isAnnounced) => {
    answer = (_request, response) => {
      if (isAnnounced) response.setHeader('content-length', bytes.length);
      response.end(bytes);
    };
    await expect(get({ maxBytes: 200_000 })).rejects.toEqual(failsWith('DOWNLOAD_TOO_LARGE'));
    expect(await readdir(storeFolder)).toEqual([]);
  });

  test('that drips ends at its time limit', async () => {
    answer = (_request, response) => void response.write(bytes.subarray(0, 1000));
    await expect(get({ maxSeconds: 0.5 })).rejects.toEqual(failsWith('DOWNLOAD_TIMEOUT'));
    expect(await readdir(storeFolder)).toEqual([]);
  });

  test('that is cancelled ends at once and leaves nothing', async () => {
    const controller = new AbortController();
    answer = (_request, response) => {
      response.setHeader('etag', '"v1"');
      response.write(bytes.subarray(0, 1000), () => controller.abort());
    };
    await expect(get({ signal: controller.signal })).rejects.toEqual(failsWith('CANCELLED'));
    expect(await readdir(storeFolder)).toEqual([]);
  });

  test.each([
    [404, 'SOURCE_NOT_FOUND'],
    [403, 'SOURCE_NOT_FOUND'],
    [503, 'DOWNLOAD_FAILED'],
    [204, 'DOWNLOAD_FAILED'],
  ])('answered with status %i fails with %s', async (status, code) => {
    answer = (_request, response) => response.writeHead(status).end();
    await expect(get()).rejects.toEqual(failsWith(code));
  });

  test('of a web page says to give the file itself', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>');
    await expect(get()).rejects.toEqual(failsWith('MEDIA_FORMAT_FORBIDDEN'));
  });

  test('from a server that nobody vouches for fails', async () => {
    const network = await testNetwork();
    delete network.certificateAuthority;
    await expect(get({ network })).rejects.toEqual(failsWith('DOWNLOAD_FAILED'));
    expect(requests).toHaveLength(0);
  });
});

describe('hostile addresses', () => {
  /** Hosts that must not be reached, in every notation that some parser understands. */
  const LOOPBACK = [
    '127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '2130706433', '017700000001', '0x7f000001', '0x7f.1', '0x7f.0.0.1',
    '0177.0.0.1', '0177.0.0.01', '00000177.1', '127.0.0.1.', '①②⑦.⓪.⓪.①', '１２７.０.０.１', '127。0。0。1', '%31%32%37.0.0.1', '0', '0.0.0.0', '0x0',
    'localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'ⓛocalhost', '[::1]', '[0:0:0:0:0:0:0:1]', '[::]', '[::127.0.0.1]', '[::7f00:1]',
    '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]',
  ]; // biome-ignore format: a table
  const PRIVATE = [
    '10.0.0.1', '10.255.255.255', '10.1', '0xa.1', '012.0.0.1', '167772161', '172.16.0.1', '172.31.255.255', '2886729729', '192.168.0.1',
    '192.168.1', '0xc0a80001', '3232235521', '0300.0250.0.1', '100.64.0.1', '100.127.255.255', '198.18.0.1', '198.19.255.255', '192.0.0.8',
    '192.0.2.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '4294967295', '0.1.2.3',
    '192.88.99.1', '[fc00::1]', '[fd12:3456:789a::1]', '[fe80::1]', '[fe80::dead:beef]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]',
    '[::ffff:10.0.0.1]', '[::ffff:a00:1]', '[::ffff:192.168.0.1]', '[64:ff9b::a00:1]', '[2002:a00:1::]', '[100::1]', '[5f00::1]', '[3fff::1]',
  ]; // biome-ignore format: a table
  const METADATA = [
    '169.254.169.254', '169.254.169.254.', '2852039166', '0xa9fea9fe', '0xA9.0xFE.0xA9.0xFE', '0251.0376.0251.0376', '169.16689662',
    '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[fd00:ec2::254]', '100.100.100.200', '192.0.0.192', '168.63.129.16', '169.254.170.2',
    'metadata.google.internal', 'metadata', 'instance-data', 'kubernetes.default.svc', 'printer.local', 'nas.lan', 'db.internal', 'x.onion', 'router.home',
  ]; // biome-ignore format: a table
  const FORMS = [
    'http://example.com/a.mp4', 'ftp://example.com/a.mp4', 'file:///etc/passwd', 'gopher://127.0.0.1:70/_x', 'data:video/mp4;base64,AAAA',
    'javascript:alert(1)', 'concat:/etc/passwd|/etc/hosts', 'subfile,,start,0,end,9,,:/etc/passwd', 'rtmp://example.com/a', 'https://', 'https:///trailer',
    'https://user@example.com/', 'https://user:pass@example.com/', 'https://example.com@127.0.0.1/', 'https://127.0.0.1:443@example.com/',
    'https://example.com:22/', 'https://example.com:80/', 'https://example.com:6379/', 'https://example.com:99999/', 'https://[::1', 'https://[fe80::1%25eth0]/',
    'https://exa mple.com/', 'https://%00/', 'not an address', '', '//example.com/a.mp4', `https://example.com/${'a'.repeat(3000)}`,
  ]; // biome-ignore format: a table
  const hostile = [
    ...[...LOOPBACK, ...PRIVATE, ...METADATA].map((host) => `https://${host}/trailer.mp4`),
    ...FORMS,
  ];

  test(`there are 120 or more of them`, () => {
    expect(hostile.length).toBeGreaterThanOrEqual(120);
  });

  test.each(hostile)('%s is refused without a connection or a lookup', async (url) => {
    const network: Network = {
      ...PUBLIC_NETWORK,
      resolve: async (host) => {
        throw new Error(`${host} was looked up`);
      },
    };
    const refused = await checkUrl(url, network).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: expect.stringMatching(/^URL_(INVALID|FORBIDDEN)$/) });
    expect((refused as Error).message).toMatch(/upload the file/);
  });

  test('no socket is opened for any of them, whatever a redirect or a name says', async () => {
    let connections = 0;
    const watched = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => watched.listen(0, '127.0.0.1', resolve));
    const { port: watchedPort } = watched.address() as AddressInfo;
    const network = await testNetwork();
    const strict: Network = { ...network, isAllowedPort: () => true };
    const targets = ['localhost', '127.1', '0x7f000001', '[::ffff:127.0.0.1]', '[::1]', '2130706433'].map(
      (host) => `https://${host}:${watchedPort}/`,
    );
    for (const location of [
      ...targets,
      'http://films.example.net/',
      'file:///etc/passwd',
      'https://169.254.169.254/',
    ]) {
      answer = (_request, response) => response.writeHead(302, { location }).end();
      const onlyOwnName: Network = { ...strict, isAllowedAddress: isOwnOnce() };
      await expect(get({ network: onlyOwnName })).rejects.toEqual(failsWith('URL_FORBIDDEN'));
    }
    expect(connections).toBe(0);
    expect(await readdir(storeFolder)).toEqual([]);
    await new Promise((resolve) => watched.close(resolve));
  });

  test('a name with one private address among public ones is refused', async () => {
    const network = { ...(await testNetwork(['93.184.216.34', '10.0.0.7'])) };
    await expect(get({ network })).rejects.toEqual(failsWith('URL_FORBIDDEN'));
  });

  test('a name that resolves differently the second time is connected to where it was checked', async () => {
    let lookups = 0;
    const network: Network = {
      ...(await testNetwork()),
      resolve: async () => (lookups++ === 0 ? ['127.0.0.1'] : ['10.0.0.7']),
    };
    expect((await get({ network })).bytes).toBe(bytes.length);
    expect(lookups).toBe(1);
  });

  test('a name that turns private before a redirect is refused there', async () => {
    let lookups = 0;
    answer = (_request, response) => response.writeHead(302, { location: '/again' }).end();
    const network: Network = {
      ...(await testNetwork()),
      resolve: async () => (lookups++ === 0 ? ['127.0.0.1'] : ['10.0.0.7']),
    };
    await expect(get({ network })).rejects.toEqual(failsWith('URL_FORBIDDEN'));
    expect(requests).toHaveLength(1);
  });
});

/** Allows the first address that is asked for, the test's own server, and afterwards only public ones. */
function isOwnOnce(): (address: string) => boolean {
  let isFirst = true;
  return (address) => {
    const allowed = isFirst || isPublicAddress(address);
    isFirst = false;
    return allowed;
  };
}
