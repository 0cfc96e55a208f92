/**
 * Every expected failure of the product, with whether trying again without changing anything can help.
 * The codes are part of the API (`UserError.code`, `Analysis.error.code`) and of the command line.
 */
export const FAILURES = {
  // the request
  BAD_INPUT: { retryable: false },
  NOT_FOUND: { retryable: false },
  CONFLICT: { retryable: false },
  UNAUTHENTICATED: { retryable: false },
  FORBIDDEN: { retryable: false },
  TOO_LARGE: { retryable: false },
  RATE_LIMITED: { retryable: true },
  // where a trailer comes from
  SOURCE_NOT_FOUND: { retryable: false },
  SOURCE_OUTSIDE_ROOTS: { retryable: false },
  SOURCE_NOT_A_FILE: { retryable: false },
  SOURCE_EMPTY: { retryable: false },
  URL_INVALID: { retryable: false },
  URL_FORBIDDEN: { retryable: false },
  DOWNLOAD_FAILED: { retryable: true },
  DOWNLOAD_TOO_LARGE: { retryable: false },
  DOWNLOAD_TIMEOUT: { retryable: true },
  PROVIDER_FAILED: { retryable: true },
  // what is in the file
  MEDIA_UNREADABLE: { retryable: false },
  MEDIA_FORMAT_FORBIDDEN: { retryable: false },
  MEDIA_NO_STREAMS: { retryable: false },
  MEDIA_TOO_LONG: { retryable: false },
  MEDIA_TOO_LARGE: { retryable: false },
  MEDIA_DECODE_FAILED: { retryable: false },
  MEDIA_TIMEOUT: { retryable: false },
  SUBTITLES_INVALID: { retryable: false },
  // the machine and the set-up
  FFMPEG_MISSING: { retryable: false },
  DATABASE_UNAVAILABLE: { retryable: true },
  DISK_FULL: { retryable: true },
  FOLDER_UNWRITABLE: { retryable: false },
  PORT_TAKEN: { retryable: false },
  CONFIGURATION_INVALID: { retryable: false },
  MODEL_INVALID: { retryable: false },
  CLASSIFIER_INCOMPATIBLE: { retryable: false },
  WORKER_CRASHED: { retryable: true },
  CANCELLED: { retryable: false },
  INTERNAL: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

export type FailureCode = keyof typeof FAILURES;

/**
 * A failure that a user can act on. `message` is one sentence that says what happened and what to do;
 * it is shown to users, so it never carries a stack, a query or a secret.
 */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: FailureCode,
    message: string,
    options: { cause?: unknown; path?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.path = options.path;
  }

  /** Which part of the input is meant, for example `['source', 'url']`. */
  readonly path: readonly string[] | undefined;

  get retryable(): boolean {
    return FAILURES[this.code].retryable;
  }
}

/** `error` as a Failure: itself, CANCELLED for an abort, DISK_FULL for ENOSPC, else INTERNAL with the cause kept. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Error) {
    if (error.name === 'AbortError')
      return new Failure('CANCELLED', 'The work was cancelled.', { cause: error });
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      return new Failure('DISK_FULL', 'The disk is full. Free some space, then try again.', { cause: error });
    }
  }
  return new Failure('INTERNAL', 'Something went wrong inside Marquee. The log has the details.', {
    cause: error,
  });
}
