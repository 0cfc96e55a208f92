import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { CloseCode, type Context as SocketContext, type SubscribePayload } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { Failure } from '../failure.js';
import type { Caller } from '../graphql/caller.js';
import type { Context } from '../graphql/context.js';
import { failureError, publicError } from '../graphql/errors.js';
import { MOST_TOKENS, refuseNul, refuseOversized } from '../graphql/limits.js';
import type { Logger } from '../log.js';
import type { Access } from './access.js';
import type { ServerMetrics } from './metrics.js';
import type { RateLimit } from './rate-limit.js';
import { rateKey } from './request.js';

const LARGEST_MESSAGE = 1024 * 1024; // bytes
const MOST_SOCKETS = 500;
const MOST_OPERATIONS_A_CALLER = 100; // open at the same time, over all its sockets
const PING_MILLISECONDS = 12_000;
/** Clients that do not answer the closing handshake are cut off after this. */
const CLOSE_MILLISECONDS = 2_000;

export interface SocketParts {
  httpServer: Server;
  schema: GraphQLSchema;
  access: Access;
  rate: RateLimit;
  log: Logger;
  metrics: ServerMetrics;
  createContext(caller: Caller, requestId: string): Context;
}

interface Connection extends Extra {
  id: string;
  caller: Caller;
}
type Socket = SocketContext<Record<string, unknown>, Partial<Connection> & Extra>;

/** GraphQL over WebSockets (graphql-transport-ws) at /graphql: subscriptions, and every other operation. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  readonly #open = new Set<Socket>();
  readonly #protocol: { dispose(): void | Promise<void> };
  #closing = false;

  constructor(private readonly parts: SocketParts) {
    parts.metrics.showSubscriptions(() => operationsOf([...this.#open]));
    parts.httpServer.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#protocol = useServer<Record<string, unknown>, Partial<Connection>>(
      {
        isProd: true, // close reasons without internals
        onConnect: (socket) => this.#connect(socket),
        onDisconnect: (socket) => void this.#open.delete(socket),
        onSubscribe: (socket, _id, payload) => this.#prepare(socket, payload),
        onNext: (socket, _id, _payload, _args, result) => this.#publicResult(socket, result),
        onError: (socket, _id, _payload, errors) => errors.map((error) => this.#publicError(socket, error)),
      },
      this.#server,
      PING_MILLISECONDS,
    );
  }

  /** Closes every socket with 1001 (going away), which clients answer by connecting again elsewhere. */
  async close(): Promise<void> {
    this.#closing = true;
    const cutOff = setTimeout(() => {
      for (const client of this.#server.clients) client.terminate();
    }, CLOSE_MILLISECONDS);
    await this.#protocol.dispose();
    clearTimeout(cutOff);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    socket.once('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== '/graphql') return void refuse('404 Not Found');
    if (this.#closing || this.#server.clients.size >= MOST_SOCKETS) {
      return void refuse('503 Service Unavailable');
    }
    try {
      this.parts.access.refuseForeignPages(request, true);
    } catch {
      return void refuse('403 Forbidden');
    }
    this.#server.handleUpgrade(request, socket, head, (opened: WebSocket) => {
      this.#server.emit('connection', opened, request);
    });
  }

  /** The key comes in the header of the upgrade, or as `authorization` in the connection's parameters. */
  #connect(socket: Socket): boolean {
    const { request } = socket.extra;
    const { access, rate } = this.parts;
    try {
      socket.extra.caller = access.callerOf(
        socket.connectionParams?.authorization ?? request.headers.authorization,
      );
      socket.extra.id = randomUUID();
      this.#open.add(socket);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      socket.extra.socket.close(CloseCode.Unauthorized, 'Unauthorized');
      if (!rate.allows(`address ${request.socket.remoteAddress}`)) request.socket.destroy();
      return false;
    }
  }

  #prepare(socket: Socket, payload: SubscribePayload): ExecutionArgs | GraphQLError[] {
    const { schema } = this.parts;
    const { caller, id } = connectionOf(socket);
    const { query, operationName, variables } = payload;
    try {
      this.parts.rate.take(rateKey(caller));
      this.#refuseMoreOperations(caller);
    } catch (error) {
      if (error instanceof Failure) return [failureError(error)];
      throw error;
    }
    const parsed = parsedOrError(query);
    if (parsed instanceof GraphQLError) return [parsed];
    const invalid = validate(schema, parsed);
    if (invalid.length > 0) return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    const refusal = refuseNul(query, variables) ?? refuseOversized(schema, parsed, operationName, variables);
    if (refusal) return [refusal];
    const kind = getOperationAST(parsed, operationName)?.operation ?? 'unknown';
    this.parts.metrics.observeOperation(kind, 'ok', 0);
    return {
      schema,
      document: parsed,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
      contextValue: this.parts.createContext(caller, id),
    };
  }

  #refuseMoreOperations(caller: Caller): void {
    const sockets = [...this.#open].filter((socket) => socket.extra.caller?.name === caller.name);
    if (operationsOf(sockets) > MOST_OPERATIONS_A_CALLER) {
      throw new Failure(
        'RATE_LIMITED',
        `At most ${MOST_OPERATIONS_A_CALLER} operations can be open at once; complete one first.`,
      );
    }
  }

  #publicResult(socket: Socket, result: ExecutionResult) {
    const { errors, ...rest } = result;
    return errors ? { ...rest, errors: errors.map((error) => this.#publicError(socket, error)) } : rest;
  }

  #publicError(socket: Socket, error: GraphQLError): GraphQLFormattedError {
    return publicError(error.toJSON(), error, connectionOf(socket).id, this.parts.log);
  }
}

function operationsOf(sockets: Socket[]): number {
  return sockets.reduce((sum, socket) => sum + Object.keys(socket.subscriptions).length, 0);
}

function connectionOf(socket: Socket): Connection {
  const { caller, id } = socket.extra;
  if (!caller || id === undefined) throw new Error('an operation came before its connection was set up');
  return { ...socket.extra, caller, id };
}

function parsedOrError(query: string) {
  try {
    return parse(query, { maxTokens: MOST_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return coded(error, 'GRAPHQL_PARSE_FAILED');
    throw error;
  }
}

/** The error with the code that the HTTP side gives it. */
function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { ...error.toJSON(), nodes: error.nodes, extensions: { code } });
}
