import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The database's door, which can be shut. */
export class Door {
  open = true;
  readonly knocks: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(target: URL) {
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

  async #listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** A door to this database. @returns it, and the URL that leads through it */
  static async to(url: string): Promise<{ door: Door; url: string }> {
    const door = new Door(new URL(url));
    const through = new URL(url);
    through.host = `127.0.0.1:${await door.#listen()}`;
    return { door, url: through.href };
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
