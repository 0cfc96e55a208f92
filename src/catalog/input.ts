import { z } from 'zod';
import { Failure } from '../failure.js';

/** Trimmed text of at most `longest` characters that Postgres can store (it has no NUL). */
export function text(what: string, longest: number) {
  return z
    .string(`${what} must be text.`)
    .trim()
    .max(longest, `${what} can have at most ${longest} characters; shorten it.`)
    .refine((value) => !value.includes('\0'), `${what} holds a NUL character; remove it.`);
}

/** Like `text`, but not empty. */
export function requiredText(what: string, longest: number) {
  return text(what, longest).min(1, `${what} is empty; give at least one character.`);
}

/**
 * @param under the place of `value` in the whole input, in front of each failure's path
 * @throws AggregateError of `Failure`s, one for each part of `value` that is not usable
 */
export function checked<T extends z.ZodType>(schema: T, value: unknown, under: string[] = []): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AggregateError(
    result.error.issues.map(
      (issue) => new Failure('BAD_INPUT', issue.message, { path: [...under, ...issue.path.map(String)] }),
    ),
  );
}

/** The expected failures in `error`; null where there is anything else, which is a defect. */
export function failuresIn(error: unknown): Failure[] | null {
  if (error instanceof Failure) return [error];
  if (!(error instanceof AggregateError)) return null;
  const failures = error.errors.filter((inner): inner is Failure => inner instanceof Failure);
  return failures.length === error.errors.length ? failures : null;
}
