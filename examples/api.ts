/**
 * How the other examples speak to Marquee: operations and uploads over HTTP. MARQUEE_URL says where it listens;
 * MARQUEE_KEY is needed only where API keys are configured.
 */
import { openAsBlob } from 'node:fs';
import path from 'node:path';

export const server = process.env.MARQUEE_URL ?? 'http://127.0.0.1:4000';
export const authorization: Record<string, string> = process.env.MARQUEE_KEY
  ? { authorization: `Bearer ${process.env.MARQUEE_KEY}` }
  : {};

// An example that fails says so in a sentence, without a stack.
process.on('uncaughtException', ({ message }) => {
  console.error(message);
  process.exit(1);
});

export interface UserError {
  code: string;
  message: string;
}

async function send(place: string, request: RequestInit): Promise<Response> {
  return fetch(`${server}${place}`, request).catch((cause: unknown) => {
    throw new Error(`Marquee does not answer at ${server}: start it with npm start, or set MARQUEE_URL.`, {
      cause,
    });
  });
}

/** One operation over HTTP. @throws Error with what the server says */
export async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const response = await send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data || errors)
    throw new Error(errors?.map((error) => error.message).join(' ') ?? response.statusText);
  return data;
}

/** Expected failures are data, so that a program can tell them apart by their code. */
export function refuse(errors: UserError[]): void {
  const [first] = errors;
  if (first) throw new Error(`${first.code}: ${first.message}`);
}

/** @returns the upload's id. @throws Error with what the server says */
export async function upload(file: string): Promise<string> {
  const response = await send(`/uploads?fileName=${encodeURIComponent(path.basename(file))}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', ...authorization },
    body: await openAsBlob(file),
  });
  if (!response.ok) throw new Error(`The upload was refused: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}
