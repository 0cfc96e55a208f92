import DataLoader from 'dataloader';
import type { Blend } from './aspect.js';
import type { Discovery } from './discovery.js';
import type { Reason } from './reasons.js';
import type { SimilarQuery } from './tasks.js';
import type { Neighbour } from './vector-index.js';

export interface SimilarKey {
  titleId: string;
  options: Omit<SimilarQuery, 'titleIds'>;
}

export interface PairKey {
  a: string;
  b: string;
  blend: Blend;
}

/** Questions to the index in batches, so that a page of titles costs what one title costs in statements. */
export interface DiscoveryLoaders {
  similar: DataLoader<SimilarKey, Neighbour[], string>;
  reasons: DataLoader<PairKey, Reason[], string>;
}

export function createDiscoveryLoaders(discovery: Discovery): DiscoveryLoaders {
  return {
    similar: new DataLoader(
      async (keys) => {
        const answers = new Map<string, Neighbour[]>();
        for (const same of groupByOptions(keys)) {
          const titleIds = same.map(({ titleId }) => titleId);
          const lists = await discovery.similar({ ...same[0]!.options, titleIds });
          for (const [i, key] of same.entries()) answers.set(JSON.stringify(key), lists[i]!);
        }
        return keys.map((key) => answers.get(JSON.stringify(key)) ?? []);
      },
      { cacheKeyFn: (key) => JSON.stringify(key) },
    ),
    reasons: new DataLoader((pairs) => discovery.explain([...pairs]), {
      cacheKeyFn: (pair) => JSON.stringify(pair),
    }),
  };
}

function groupByOptions(keys: readonly SimilarKey[]): SimilarKey[][] {
  const groups = new Map<string, SimilarKey[]>();
  for (const key of keys) {
    const name = JSON.stringify(key.options);
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  return [...groups.values()];
}
