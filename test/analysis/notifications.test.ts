import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Notifications } from '../../src/analysis/notifications.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { silent } from './harness.js';

/** The database's door, which can be shut. */
class Door {
  open = true;
  readonly knocks: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(target: URL) {
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      this.knocks.push(performance.now());
      if (!this.open) return void socket.destroy();
      const inside = connect(Number(target.port), target.hostname);
      inside.on('error', () => socket.destroy());
      inside.on('close', () => socket.destroy());
      socket.on('close', () => inside.destroy());
      this.#sockets.add(socket);
      socket.pipe(inside).pipe(socket);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  shut(): void {
    this.open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The times of the next `count` knocks, which are turned away. */
  async refuse(count: number): Promise<number[]> {
    const before = this.knocks.length;
    while (this.knocks.length < before + count) await once(this.#server, 'connection');
    return this.knocks.slice(before, before + count);
  }

  close(): void {
    this.shut();
    this.#server.close();
  }
}

describe('the listening connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database?.close();
  });

  it('is made anew by one try a second while the database is away, and tells when it is back', async () => {
    const target = new URL(database.url);
    const door = new Door(target);
    const url = new URL(database.url);
    url.host = `127.0.0.1:${await door.listen()}`;
    const notifications = new Notifications(url.href, silent);
    await notifications.start();
    door.shut();
    const [first = 0, , , fourth = 0] = await door.refuse(4);
    expect(fourth - first).toBeGreaterThan(2_900);
    const back = new Promise<string>((resolve) => notifications.on('reconnected', resolve));
    door.open = true;
    await back;
    await notifications.close();
    door.close();
  }, 20_000);

  it('that cannot be made at the start is not tried again behind the caller’s back', async () => {
    const door = new Door(new URL(database.url));
    const port = await door.listen();
    door.shut();
    const url = new URL(database.url);
    url.host = `127.0.0.1:${port}`;
    const notifications = new Notifications(url.href, silent);
    await expect(notifications.start()).rejects.toThrow();
    const again = door.refuse(1).then(() => 'again');
    const silence = new Promise((resolve) => setTimeout(() => resolve('silence'), 1_500));
    expect(await Promise.race([again, silence])).toBe('silence');
    await notifications.close();
    door.close();
  });
});
