import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { createPubSub } from '@graphql-yoga/subscription';
import { type GraphQLSchema, lexicographicSortSchema, parse } from 'graphql';
import { type AuthChecker, buildSchema, createResolversMap } from 'type-graphql';
import type { ApiRole } from '../config.js';
import { Failure } from '../failure.js';
import { AnalysisEventResolver, AnalysisResolver, AnalysisStageResolver } from './analysis.js';
import { AnalysisMutations } from './analysis-mutations.js';
import { mayActAs } from './caller.js';
import { ClassifierResolver } from './classifier.js';
import { ClassifierMutations } from './classifier-mutations.js';
import type { Context } from './context.js';
import { LabelResolver } from './label.js';
import { locateFailures } from './located-failures.js';
import { MomentResolver } from './moment.js';
import { NodeResolver } from './node.js';
import { PredictionResolver } from './prediction.js';
import { RankedTitleResolver } from './ranked-title.js';
import { RetaggingResolver } from './retagging.js';
import { ReviewResolver } from './review.js';
import { ReviewMutations } from './review-mutations.js';
import { ReviewQueueResolver } from './review-queue.js';
import { RowResolver } from './row.js';
import { RunResolver } from './run.js';
import { SimilarResolver, SimilarTitleResolver } from './similar-title.js';
import { Subscriptions } from './subscriptions.js';
import { EvidenceResolver, TagResolver } from './tag.js';
import { TitleResolver } from './title.js';
import { ImportedTitleResolver, TitleMutations } from './title-mutations.js';
import { LabelMentionResolver, TitleSearchResolver } from './title-search.js';
import { ShotResolver, TrailerResolver } from './trailer.js';
import { TrainingResolver } from './training.js';
import { WebhookResolver } from './webhook.js';

const FEDERATION = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3"
  import: ["@key", "@shareable"]
)`;

/** Part of GraphQL, but federation wants to be told of it. */
const ONE_OF = 'directive @oneOf on INPUT_OBJECT';

const hasRole: AuthChecker<Context, ApiRole> = ({ context: { caller } }, [role = 'reader']) => {
  if (mayActAs(caller, role)) return true;
  throw new Failure('FORBIDDEN', `This needs the role ${role}; the key ${caller.name} has ${caller.role}.`);
};

/** The types as the code declares them, with the directives of federation. */
async function declaredSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      NodeResolver,
      TitleResolver,
      TitleMutations,
      ImportedTitleResolver,
      TrailerResolver,
      ShotResolver,
      AnalysisResolver,
      AnalysisStageResolver,
      AnalysisEventResolver,
      AnalysisMutations,
      PredictionResolver,
      TagResolver,
      EvidenceResolver,
      ReviewResolver,
      ReviewMutations,
      LabelResolver,
      ClassifierResolver,
      ClassifierMutations,
      RunResolver,
      TrainingResolver,
      RetaggingResolver,
      ReviewQueueResolver,
      SimilarResolver,
      SimilarTitleResolver,
      TitleSearchResolver,
      LabelMentionResolver,
      MomentResolver,
      RankedTitleResolver,
      RowResolver,
      WebhookResolver,
      Subscriptions,
    ],
    authChecker: hasRole,
    // Demanded wherever there are subscriptions; ours bring streams of their own.
    pubSub: createPubSub(),
    validate: false,
    // The directives become known below, in the subgraph's schema.
    skipCheck: true,
  });
}

/** The schema that is served: the declared types as a federation subgraph. */
export async function createSchema(): Promise<GraphQLSchema> {
  const declared = await declaredSchema();
  const subgraph = buildSubgraphSchema({
    typeDefs: parse(`${FEDERATION}\n${ONE_OF}\n${printSchemaWithDirectives(declared)}`),
    resolvers: {
      ...createResolversMap(declared),
      ...entity(declared, 'Title', (id, { loaders }) => loaders.title.load(id)),
      ...entity(declared, 'Trailer', (id, { loaders }) => loaders.trailer.load(id)),
    } as never,
  });
  return locateFailures(refuseForeignEntities(subgraph));
}

const ENTITIES = ['Title', 'Trailer'] as const;

/** What a gateway names is looked up as it stands, so that a wrong name would end as an error of ours. */
function refuseForeignEntities(schema: GraphQLSchema): GraphQLSchema {
  const field = schema.getQueryType()!.getFields()._entities!;
  const resolve = field.resolve!;
  field.resolve = (source, given, context, info) => {
    const { representations } = given as { representations: { __typename?: unknown; id?: unknown }[] };
    const isOurs = ({ __typename, id }: (typeof representations)[number]) =>
      ENTITIES.some((name) => name === __typename) && typeof id === 'string';
    const wrong = representations.findIndex((each) => !isOurs(each));
    if (wrong < 0) return resolve(source, given, context, info);
    throw new Failure(
      'BAD_INPUT',
      `Representation ${wrong} names no entity: give the \`__typename\` ${ENTITIES.join(' or ')} and an \`id\`.`,
    );
  };
  return schema;
}

/** `schema.graphql`: the types sorted by name, without the machinery of federation. */
export async function printSchema(): Promise<string> {
  const text = printSchemaWithDirectives(lexicographicSortSchema(await declaredSchema()));
  return `${FEDERATION}\n\n${text.trim()}\n`;
}

function entity(
  schema: GraphQLSchema,
  name: (typeof ENTITIES)[number],
  load: (id: string, context: Context) => Promise<object | null>,
) {
  return {
    [name]: {
      ...(createResolversMap(schema)[name] as object),
      __resolveReference: ({ id }: { id: string }, context: Context) => load(id, context),
    },
  };
}
