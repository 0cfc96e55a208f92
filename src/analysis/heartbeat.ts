import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { newId } from '../catalog/id.js';
import type { PrismaClient, Process } from '../generated/prisma/client.js';
import type { Logger } from '../log.js';

const BEAT_MS = 2_000;
/** Six beats missed. */
const DEAD_AFTER_SECONDS = 12;

export interface HeartbeatOptions {
  role: string;
  /** Gives the jobs that these workers hold back to the queue. */
  freeJobs(workers: string[]): Promise<void>;
  /** Called with each beat. */
  tick?(): Promise<void>;
}

/**
 * Tells the others that this process lives, and frees the jobs of those that do not: the ones without a heartbeat
 * for 12 s, and at once those of this host whose pid is gone; after 12 s also jobs held by a worker that nobody
 * has heard of, whose process died before its first beat. graphile-worker itself would keep them for 4 hours.
 */
export class Heartbeat {
  readonly #id = newId('process');
  readonly #host = pidSpace();
  readonly #workers: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> = Promise.resolve();

  constructor(
    private readonly prisma: PrismaClient,
    private readonly log: Logger,
    private readonly options: HeartbeatOptions,
  ) {}

  /** What holds jobs for this process, by graphile-worker's id. Known to the others from the next beat on. */
  addWorker(id: string): void {
    this.#workers.push(id);
  }

  async start(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#beating = this.#beat().catch((error: unknown) =>
        this.log.warn({ err: error }, 'heartbeat failed'),
      );
    }, BEAT_MS);
  }

  /** Signs this process off. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#beating;
    // Where the database is away, the others hear nothing from this process and find it dead.
    await this.prisma.process
      .deleteMany({ where: { id: this.#id } })
      .catch((error: unknown) => this.log.warn({ err: error }, 'signing off failed'));
  }

  async #beat(): Promise<void> {
    // The database's clock alone decides: hosts' clocks differ.
    await this.prisma.$executeRaw`
      INSERT INTO "Process" ("id", "host", "pid", "role", "workers", "heartbeatAt")
      VALUES (${this.#id}, ${this.#host}, ${process.pid}, ${this.options.role}, ${this.#workers}, now())
      ON CONFLICT ("id") DO UPDATE SET "heartbeatAt" = now(), "workers" = EXCLUDED."workers"`;
    for (const dead of await this.#dead()) await this.#bury(dead);
    const strangers = await this.#strangers();
    if (strangers.length > 0) await this.options.freeJobs(strangers);
    await this.options.tick?.();
  }

  async #dead(): Promise<Process[]> {
    const others = await this.prisma.$queryRaw<(Process & { silent: boolean })[]>`
      SELECT *, "heartbeatAt" < now() - make_interval(secs => ${DEAD_AFTER_SECONDS}::double precision) AS "silent"
      FROM "Process" WHERE "id" <> ${this.#id}`;
    return others.filter((other) => other.silent || (other.host === this.#host && !pidExists(other.pid)));
  }

  /** Workers that hold jobs and belong to no process that is signed on. */
  async #strangers(): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ worker: string }[]>`
      SELECT DISTINCT "locked_by" AS "worker" FROM graphile_worker.jobs
      WHERE "locked_at" < now() - make_interval(secs => ${DEAD_AFTER_SECONDS}::double precision)
        AND NOT EXISTS (SELECT 1 FROM "Process" WHERE "locked_by" = ANY ("workers"))`;
    return rows.map(({ worker }) => worker);
  }

  async #bury(dead: Process): Promise<void> {
    await this.options.freeJobs(dead.workers);
    await this.prisma.process.deleteMany({ where: { id: dead.id } });
    this.log.warn(
      { process: dead.id, pid: dead.pid, host: dead.host },
      'a process died; its jobs are free again',
    );
  }
}

/**
 * Names the processes among which a pid means the same: those of this host, since it started, in this PID namespace.
 * Containers may share a host's name without seeing each other's processes.
 */
export function pidSpace(): string {
  if (process.platform !== 'linux') return hostname();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
