import type { Explanation } from '../explanations.js';
import type { Activations } from './activations.js';
import type { Trainings } from './trainings.js';

/** What the API asks of classifiers. Expected failures are thrown as `Failure`. */
export interface LearningService {
  trainings: Pick<Trainings, 'request' | 'cancel' | 'events'>;
  activations: Pick<Activations, 'activate' | 'events'>;
  /** Why the tags of each prediction are what they are, by label, where that is not stored. */
  explain(predictionIds: readonly string[]): Promise<Map<string, Explanation>[]>;
}
