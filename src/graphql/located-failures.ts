import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { Failure } from '../failure.js';

/**
 * Lets fields that take arguments refuse them with a `Failure`. GraphQL takes every error with a `path` for
 * one that it located itself, so a failure with a path would lose its place in the operation and, in a
 * subscription, end the whole connection.
 */
export function locateFailures(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0) continue;
      if (field.resolve) field.resolve = locating(field.resolve);
      if (field.subscribe) field.subscribe = locating(field.subscribe);
    }
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

function locating(resolve: Resolver): Resolver {
  return async (...given) => {
    try {
      return await resolve(...given);
    } catch (error) {
      throw error instanceof Failure ? new AggregateError([error], error.message) : error;
    }
  };
}
