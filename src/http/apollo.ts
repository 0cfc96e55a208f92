import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Context } from '../graphql/context.js';
import { publicError } from '../graphql/errors.js';
import { MOST_TOKENS, refuseNul, refuseOversized } from '../graphql/limits.js';
import type { Logger } from '../log.js';
import type { ServerMetrics } from './metrics.js';

/** Requests that run when the server closes have this long to end. */
const GRACE_MILLISECONDS = 10_000;

/** GraphQL over HTTP: limits, masking and measures around the schema. */
export function createApollo(
  schema: GraphQLSchema,
  httpServer: Server,
  metrics: ServerMetrics,
  log: Logger,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    plugins: [
      limits,
      namesRequest,
      measured(metrics),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: GRACE_MILLISECONDS }),
    ],
    // Whoever gets this far may know the schema: without keys it is this machine, else a key was shown.
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    maxRecursiveSelections: true,
    parseOptions: { maxTokens: MOST_TOKENS },
    formatError: (formatted, error) => publicError(formatted, error, requestIdOf(error), log),
    logger: log,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
  });
}

const limits: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, request }) {
        const { query = '', variables, operationName } = request;
        const refusal =
          refuseNul(query, variables) ?? refuseOversized(schema, document, operationName, variables);
        if (refusal) throw refusal;
      },
    };
  },
};

/** Masking sees the errors alone, so they carry the request's number to it. */
const namesRequest: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue }) {
        for (const error of errors) error.extensions.requestId = contextValue.requestId;
      },
    };
  },
};

function requestIdOf(error: unknown): string {
  const requestId = error instanceof GraphQLError ? error.extensions.requestId : undefined;
  return typeof requestId === 'string' ? requestId : 'unknown';
}

function measured(metrics: ServerMetrics): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      const startedAt = performance.now();
      return {
        async willSendResponse({ operation, errors }) {
          const outcome = errors?.length ? 'error' : 'ok';
          const seconds = (performance.now() - startedAt) / 1000;
          metrics.observeOperation(operation?.operation ?? 'unknown', outcome, seconds);
        },
      };
    },
  };
}
