import { Arg, Ctx, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { TitleFilter as CatalogFilter } from '../catalog/title-filter.js';
import { titleMatches } from '../catalog/titles.js';
import { Failure } from '../failure.js';
import type { AnalysisEvent as AnalysisEventRow } from '../generated/prisma/client.js';
import { AnalysisEvent } from './analysis.js';
import type { Context } from './context.js';
import { Prediction } from './prediction.js';
import { Stream } from './stream.js';
import { checkedFilter, TitleFilter } from './title-arguments.js';

@Resolver()
export class Subscriptions {
  @Subscription(() => AnalysisEvent, {
    description:
      'The events of an analysis behind number `after`, first those that were, then those that come; ends behind the one that ends the analysis.',
    subscribe: ({ args, context }) => {
      const { id, after } = args as { id: string; after: number };
      checkedAfter(after);
      return new Stream((signal) => (context as Context).analyses.events(id, after, signal));
    },
  })
  analysisEvents(
    @Ctx() context: Context,
    @Root() event: AnalysisEventRow,
    @Arg('id', () => ID, { description: "The analysis's id." }) _id: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'The number of the last event that you have.' })
    _after: number,
  ) {
    context.refresh();
    return event;
  }

  @Subscription(() => Prediction, {
    description: 'Predictions as they are published, by any process.',
    subscribe: async ({ args, context }) => {
      const { filter: given } = args as { filter?: TitleFilter | null };
      const filter = await checkedFilter(given, context as Context);
      return new Stream((signal) => published(context as Context, filter, signal));
    },
  })
  predictionPublished(
    @Ctx() context: Context,
    @Root() id: string,
    @Arg('filter', () => TitleFilter, { nullable: true, description: 'Only for these titles.' })
    _filter?: TitleFilter | null,
  ) {
    context.refresh();
    return context.loaders.prediction.load(id);
  }
}

/** @throws Failure BAD_INPUT */
export function checkedAfter(after: number): void {
  if (after < 0)
    throw new Failure('BAD_INPUT', 'Give `after` as 0 or the number of an event.', { path: ['after'] });
}

/** Ids of predictions whose title passes the filter. A prediction that is gone by then is passed over. */
async function* published(
  context: Context,
  filter: CatalogFilter,
  signal: AbortSignal,
): AsyncIterable<string> {
  for await (const id of context.analyses.publishedPredictions(signal)) {
    const prediction = await context.prisma.prediction.findUnique({
      where: { id },
      select: { trailer: { select: { titleId: true } } },
    });
    if (prediction && (await titleMatches(context.prisma, prediction.trailer.titleId, filter))) yield id;
  }
}
