import DataLoader from 'dataloader';
import type { Explanation } from '../analysis/explanations.js';
import type { LearningService } from '../analysis/learning/service.js';
import type { AnalysisService } from '../analysis/service.js';
import { createLoaders, type Loaders } from '../catalog/loaders.js';
import type { Discovery } from '../discovery/discovery.js';
import { createDiscoveryLoaders, type DiscoveryLoaders } from '../discovery/loaders.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { Logger } from '../log.js';
import type { Taxonomy } from '../tagging/taxonomy.js';
import type { Caller } from './caller.js';

/** What one operation works with. */
export interface Context {
  prisma: PrismaClient;
  analyses: AnalysisService;
  learning: LearningService;
  discovery: Discovery;
  taxonomy: Pick<Taxonomy, 'groups'>;
  caller: Caller;
  /** Names the request in the log. */
  requestId: string;
  log: Logger;
  /** Lets whoever is given this path read it without a key, such as a browser's `<img>`. */
  signPath(path: string): string;
  loaders: Loaders;
  /** Why tags are what they are, by prediction and label, where that is not stored. */
  explanations: DataLoader<string, Map<string, Explanation>>;
  /** Questions to discovery, in batches. */
  discoveries: DiscoveryLoaders;
  /** Forgets what was read, once something may have changed. */
  refresh(): void;
}

export function createContext(
  given: Omit<Context, 'loaders' | 'explanations' | 'discoveries' | 'refresh'>,
): Context {
  return {
    ...given,
    loaders: createLoaders(given.prisma),
    explanations: explanationLoader(given.learning),
    discoveries: createDiscoveryLoaders(given.discovery),
    refresh() {
      this.loaders = createLoaders(given.prisma);
      this.explanations = explanationLoader(given.learning);
      this.discoveries = createDiscoveryLoaders(given.discovery);
    },
  };
}

function explanationLoader(learning: LearningService): Context['explanations'] {
  return new DataLoader((ids) => learning.explain(ids));
}
