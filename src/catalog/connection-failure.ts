import { userInfo } from 'node:os';
import { asFailure, Failure } from '../failure.js';

/** What to do about a code of PostgreSQL (five characters) or of the network, given where and as whom. */
const ADVICE: Record<string, (server: string, user: string, database: string) => string> = {
  ECONNREFUSED: (server) => `Nothing listens at ${server}: start PostgreSQL there or correct DATABASE_URL`,
  ENOTFOUND: (server) => `The host of ${server} is not known: correct DATABASE_URL`,
  EAI_AGAIN: (server) =>
    `The host of ${server} cannot be looked up now: check the network or correct DATABASE_URL`,
  ENOENT: (server) => `There is no socket at ${server}: start PostgreSQL there or correct DATABASE_URL`,
  ECONNRESET: (server) => `${server} closed the connection: check that it is a PostgreSQL server`,
  ETIMEDOUT: (server) => `${server} does not answer: check the network or correct DATABASE_URL`,
  '28P01': (server, user) => `${server} refused the password of user "${user}": correct it in DATABASE_URL`,
  '28000': (server, user) =>
    `${server} does not let user "${user}" in: correct DATABASE_URL or the server's pg_hba.conf`,
  '3D000': (server, _, database) =>
    `${server} has no database "${database}": create it or correct DATABASE_URL`,
  '42501': (_, user, database) =>
    `User "${user}" may not create tables in the database "${database}": grant it CREATE on the schema, or make it the owner`,
  '53300': (server) => `${server} has no connection left: raise its max_connections or end other clients`,
  '57P03': (server) => `${server} is starting up or shutting down: try again in a moment`,
};

interface Target {
  /** A name, an address, or the folder of a socket. */
  host: string;
  port: string;
  user: string;
  database: string;
}

/** @throws Failure DATABASE_UNAVAILABLE when it is no URL of a PostgreSQL database */
function readUrl(url: string): Target {
  const parsed = URL.canParse(url) && isDecodable(url) ? new URL(url) : null;
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new Failure(
      'DATABASE_UNAVAILABLE',
      'DATABASE_URL is no URL of a PostgreSQL database: write postgresql://user:password@host:5432/database.',
    );
  }
  const option = (name: string) => parsed.searchParams.get(name);
  const user =
    decodeURIComponent(parsed.username) || option('user') || process.env.PGUSER || userInfo().username;
  return {
    host: decodeURIComponent(parsed.hostname) || option('host') || process.env.PGHOST || 'localhost',
    port: parsed.port || option('port') || process.env.PGPORT || '5432',
    user,
    database: decodeURIComponent(parsed.pathname.slice(1)) || process.env.PGDATABASE || user,
  };
}

/** Whether each `%` begins a character's code. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** Host and port, or the socket's folder, without user or password. */
export function describeServer(url: string): string {
  const { host, port } = readUrl(url);
  return host.startsWith('/') ? host : `${host}:${port}`;
}

/** `error` as a Failure of one sentence that never carries the password. */
export function connectionFailure(error: unknown, url: string): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === DISK_FULL) {
    return new Failure('DISK_FULL', 'The disk of the database is full: free some space, then start again.', {
      cause: error,
    });
  }
  const { user, database } = readUrl(url);
  const advice = ADVICE[code]?.(describeServer(url), user, database);
  if (advice !== undefined) return new Failure('DATABASE_UNAVAILABLE', `${advice}.`, { cause: error });
  const message = error instanceof Error ? error.message : '';
  if (/client password must be/i.test(message)) {
    return new Failure(
      'DATABASE_UNAVAILABLE',
      `${describeServer(url)} asks for the password of user "${user}": put it into DATABASE_URL.`,
      { cause: error },
    );
  }
  if (/timeout expired|Connection terminated/i.test(message)) {
    return new Failure(
      'DATABASE_UNAVAILABLE',
      `${describeServer(url)} does not answer as PostgreSQL does: check the network or correct DATABASE_URL.`,
      { cause: error },
    );
  }
  if (/SSL/i.test(message)) {
    return new Failure(
      'DATABASE_UNAVAILABLE',
      `${describeServer(url)} and DATABASE_URL do not agree on encryption: set or remove its sslmode.`,
      { cause: error },
    );
  }
  return asFailure(error);
}

const DISK_FULL = '53100';
/** What PostgreSQL, its driver, and Prisma say while the database is away or goes. */
const AWAY_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...['57P01', '57P02', '57P03', '53300', '08000', '08003', '08006'],
  ...['P1001', 'P1002', 'P1008', 'P1017'],
]);
const AWAY_WORDS =
  /Connection terminated|not queryable|connection timeout|Can't reach database server|Server has closed the connection/i;

/** The failure of whoever asked a database that is away for now, or whose disk is full; null for every other error. */
export function databaseFailure(error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof Failure) return null;
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } };
  const codes = [codeOf(error), meta?.driverAdapterError?.cause?.originalCode ?? ''];
  if (codes.includes(DISK_FULL))
    return new Failure('DISK_FULL', 'The disk of the database is full. Free some space, then try again.', {
      cause: error,
    });
  if (!codes.some((code) => AWAY_CODES.has(code)) && !AWAY_WORDS.test(error.message)) return null;
  return new Failure('DATABASE_UNAVAILABLE', 'The database does not answer now: try again in a moment.', {
    cause: error,
  });
}

/** Several addresses of one host fail as one AggregateError, whose parts carry the code. */
function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: { code?: unknown }[] };
  return String(code ?? errors?.[0]?.code ?? '');
}
