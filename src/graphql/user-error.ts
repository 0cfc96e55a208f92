import { Field, ObjectType } from 'type-graphql';
import { failuresIn } from '../catalog/input.js';
import type { Failure, FailureCode } from '../failure.js';
import type { Context } from './context.js';
import { ErrorCode } from './enums.js';

@ObjectType({
  description: 'Something expected that kept a mutation from doing its work, with what to do about it.',
})
export class UserError {
  @Field(() => ErrorCode, { description: 'The kind of error.' })
  code!: FailureCode;

  @Field(() => String, { description: 'One sentence for people: what happened and what to do.' })
  message!: string;

  @Field(() => [String], { description: 'The part of the input that is meant; empty when it is the whole.' })
  path!: readonly string[];
}

@ObjectType({ description: 'What every mutation gives back.' })
export class Payload {
  @Field(() => [UserError], { description: 'Empty when everything was done.' })
  errors!: UserError[];
}

export function userError(failure: Failure): UserError {
  return { code: failure.code, message: failure.message, path: failure.path ?? [] };
}

/**
 * Runs a mutation's work and turns expected failures into data. What the work changed is read anew by the
 * fields below it.
 */
export async function payload<T extends object>(
  context: Context,
  work: () => Promise<T>,
): Promise<T | { errors: UserError[] }> {
  try {
    return { errors: [], ...(await work()) };
  } catch (error) {
    const failures = failuresIn(error);
    if (!failures) throw error;
    return { errors: failures.map(userError) };
  } finally {
    context.refresh();
  }
}
