import type { ErrorRequestHandler, Response } from 'express';
import { databaseFailure } from '../catalog/connection-failure.js';
import { asFailure, Failure, type FailureCode } from '../failure.js';

const STATUS: Partial<Record<FailureCode, number>> = {
  BAD_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  TOO_LARGE: 413,
  RATE_LIMITED: 429,
  SOURCE_EMPTY: 400,
  DATABASE_UNAVAILABLE: 503,
  DISK_FULL: 507,
  CANCELLED: 499, // nginx's word for a client that went away
};

/** Answers with the failure in GraphQL's form, so that clients read one kind of error everywhere. */
export function sendFailure(response: Response, failure: Failure): void {
  const { code, message, retryable } = failure;
  if (code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
  if (code === 'RATE_LIMITED') response.setHeader('Retry-After', '1');
  response.status(STATUS[code] ?? 500).json({ errors: [{ message, extensions: { code, retryable } }] });
}

/** The last handler: expected failures as they are, everything else logged and masked. */
export const answerError: ErrorRequestHandler = (error, request, response, _next) => {
  const failure = bodyFailure(error) ?? databaseFailure(error) ?? asFailure(error);
  const { log, requestId } = response.locals;
  if (failure.code === 'INTERNAL') log.error({ requestId, err: error }, 'a request failed unexpectedly');
  if (response.headersSent) {
    request.socket.destroy();
    return;
  }
  // What the client still sends is not wanted.
  if (!request.complete) response.setHeader('Connection', 'close');
  sendFailure(response, failure);
};

/** What express says of a body or a path that it could not read; null for every other error. */
function bodyFailure(error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof Failure) return null;
  const { status, type } = error as Error & { status?: unknown; type?: unknown };
  if (type === 'entity.too.large') {
    return new Failure('TOO_LARGE', 'The request is too large; send fewer entries at once.', {
      cause: error,
    });
  }
  if (status === 404) return new Failure('NOT_FOUND', 'There is nothing here.', { cause: error });
  return typeof status === 'number' && status >= 400 && status < 500
    ? new Failure('BAD_INPUT', 'The request cannot be read; send JSON in UTF-8.', { cause: error })
    : null;
}
