import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { databaseFailure } from '../catalog/connection-failure.js';
import { failuresIn } from '../catalog/input.js';
import { FAILURES, type Failure, type FailureCode } from '../failure.js';
import type { Logger } from '../log.js';

/** What GraphQL itself refuses: a document that cannot be parsed, is not valid, or has unusable variables. */
const REQUEST_ERRORS = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'INTROSPECTION_DISABLED',
]);

export function failureError(failure: Failure): GraphQLError {
  const { code, retryable } = failure;
  return new GraphQLError(failure.message, { extensions: { code, retryable, http: { status: 400 } } });
}

/**
 * The error as clients may see it. Expected failures and faulty documents pass; everything else is logged
 * in full and answered with the number of the log entry, without internals.
 */
export function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  requestId: string,
  log: Logger,
): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const ofDatabase = databaseFailure(original);
  if (ofDatabase) log.warn({ requestId, err: original, path: formatted.path }, ofDatabase.message);
  const [failure] = ofDatabase ? [ofDatabase] : (failuresIn(original) ?? []);
  if (failure) {
    const extensions = { code: failure.code, retryable: failure.retryable };
    return { ...formatted, message: failure.message, extensions };
  }
  const code = formatted.extensions?.code;
  if (original == null && isFailureCode(code)) {
    return { ...formatted, extensions: { code, retryable: FAILURES[code].retryable } };
  }
  if (typeof code === 'string' && REQUEST_ERRORS.has(code)) {
    return { ...formatted, extensions: { code } };
  }
  log.error({ requestId, err: original ?? error, path: formatted.path }, 'an operation failed unexpectedly');
  return {
    message: `Something went wrong inside Marquee. The log has the details under request ${requestId}.`,
    ...(formatted.path ? { path: formatted.path } : {}),
    extensions: { code: 'INTERNAL', requestId, retryable: FAILURES.INTERNAL.retryable },
  };
}

function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && code in FAILURES;
}
