import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { databaseFailure } from '../../src/catalog/connection-failure.js';
import { isSupported, openDatabase } from '../../src/catalog/database.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

const log = createLogger('silent');

describe('DATABASE_URL', () => {
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
  });

  afterAll(async () => {
    await admin.end();
    await database.close();
  });

  const openUrl = (url: string) => openDatabase({ ...database.config, databaseUrl: url }, log);

  /** The failure's sentence, which never carries the password. */
  async function sentenceFor(url: string): Promise<string> {
    const error = await openUrl(url).then(
      () => null,
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const sentence = error?.message ?? '';
    expect(sentence).toMatch(/^[^\n]{10,200}\.$/);
    expect(sentence).not.toContain('s3cret');
    return sentence;
  }

  function changed(change: (url: URL) => void): string {
    const url = new URL(database.url);
    change(url);
    return url.href;
  }

  async function createUser(): Promise<string> {
    const name = `visitor_${randomBytes(4).toString('hex')}`;
    await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 's3cret'`);
    onTestFinished(async () => {
      await admin.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    });
    return name;
  }

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  it('opens a server of the user, migrated, with one pool under Prisma', async () => {
    const opened = await openUrl(database.url);
    await opened.prisma.title.create({ data: { id: 'title_1', name: 'Sintel', genres: [] } });
    const { rows } = await opened.pool.query('SELECT name FROM "Title"');
    expect(rows).toEqual([{ name: 'Sintel' }]);
    expect(opened.description).toMatch(/^PostgreSQL \d+\.\d+ on \S+:\d+$/);
    await opened.close();
  });

  it('is refused when it is no URL of PostgreSQL', async () => {
    expect(await sentenceFor('mysql://root:s3cret@localhost/x')).toMatch(/write postgresql:\/\/user/);
    expect(await sentenceFor('s3cret')).toMatch(/write postgresql:\/\/user/);
    expect(await sentenceFor('postgresql://me:%s3cret@localhost/x')).toMatch(/write postgresql:\/\/user/);
  });

  it('says that nothing listens there', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await sentenceFor(`postgresql://me:s3cret@127.0.0.1:${port}/x`)).toBe(
      `Nothing listens at 127.0.0.1:${port}: start PostgreSQL there or correct DATABASE_URL.`,
    );
  });

  it('says that a host is not known', async () => {
    expect(await sentenceFor('postgresql://me:s3cret@no-such-host.invalid/x')).toMatch(
      /no-such-host\.invalid:5432 (is not|cannot)/,
    );
  });

  it('says that something other than PostgreSQL is there', async () => {
    const port = await listen(createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await sentenceFor(`postgresql://me:s3cret@127.0.0.1:${port}/x`)).toMatch(
      /not answer as PostgreSQL does/,
    );
  });

  it('says that a password is wrong', async () => {
    const user = await createUser();
    const url = changed((to) => {
      to.username = user;
      to.password = 's3cret-but-wrong';
    });
    expect(await sentenceFor(url)).toMatch(new RegExp(`refused the password of user "${user}"`));
  });

  it('says that a password is missing', async () => {
    const user = await createUser();
    const url = changed((to) => {
      to.username = user;
      to.password = '';
    });
    expect(await sentenceFor(url)).toContain(`asks for the password of user "${user}"`);
  });

  it('says that the database does not exist', async () => {
    const url = changed((to) => {
      to.pathname = '/absent';
    });
    expect(await sentenceFor(url)).toMatch(/has no database "absent": create it/);
  });

  it('says that the user may not create tables', async () => {
    const user = await createUser();
    const empty = `marquee_test_${process.pid}_${randomBytes(4).toString('hex')}`;
    await admin.query(`CREATE DATABASE ${empty} TEMPLATE template0`);
    onTestFinished(async () => {
      await admin.query(`DROP DATABASE ${empty} WITH (FORCE)`);
    });
    const url = changed((to) => {
      to.username = user;
      to.password = 's3cret';
      to.pathname = `/${empty}`;
    });
    expect(await sentenceFor(url)).toMatch(
      new RegExp(`"${user}" may not create tables in the database "${empty}"`),
    );
  });

  it.each([
    ['53100', 'DISK_FULL'],
    ['53300', 'DATABASE_UNAVAILABLE'],
    ['57P01', 'DATABASE_UNAVAILABLE'],
    ['57P03', 'DATABASE_UNAVAILABLE'],
    ['22012', undefined],
  ])('%s of a statement is told as %s, whoever sent it', async (state, code) => {
    const { prisma, pool, close } = await openUrl(database.url);
    await pool.query(`
      CREATE OR REPLACE FUNCTION fail(state text) RETURNS void LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = state; END $$`);
    const heard = async (sent: Promise<unknown>) =>
      databaseFailure(
        await sent.then(
          () => null,
          (error: unknown) => error,
        ),
      )?.code;
    expect(await heard(pool.query('SELECT fail($1)', [state]))).toBe(code);
    expect(await heard(prisma.$queryRaw`SELECT fail(${state})::text`)).toBe(code);
    await close();
  });

  it('needs PostgreSQL 15', () => {
    expect(['9.6.24', '14.19', '15.0', '18.4', '19beta1'].map(isSupported)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
