import { askForKey, authorization } from './access.js';

/** An expected failure, as the API says it. */
export interface UserError {
  code: string;
  message: string;
}

/** One or more sentences for people about what went wrong and what to do. */
export class ApiError extends Error {
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join(' ') || 'The server could not answer. Its log has the details.');
    this.name = 'ApiError';
  }
}

/** Throws what a mutation's `errors` say, if anything. */
export function refuseErrors(errors: readonly UserError[]): void {
  if (errors.length > 0) throw new ApiError(errors.map((error) => error.message));
}

/** One GraphQL operation. @throws ApiError with sentences for people */
export async function request<Data>(query: string, variables: object = {}): Promise<Data> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...authorization() },
      body: JSON.stringify({ query, variables }),
    });
  } catch {
    throw new ApiError(['The server does not answer. Check that Marquee is running, then try again.']);
  }
  const answer = (await response.json().catch(() => ({}))) as {
    data?: Data | null;
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  if (
    response.status === 401 ||
    answer.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED')
  ) {
    askForKey('This server asks for an API key. Ask whoever runs it for one.');
  }
  if (answer.errors?.length) throw new ApiError(answer.errors.map((error) => error.message));
  if (!answer.data) throw new ApiError([]);
  return answer.data;
}

/** Any thrown value as a sentence for people. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
