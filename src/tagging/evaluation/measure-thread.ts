import { serveTasks } from '../../inference/thread.js';
import type { Answered } from './answered.js';
import { measure } from './intervals.js';

/** What a thread that measures can do. */
export const measureTasks = {
  measure: ({ answered, draws, seed }: { answered: Answered; draws: number; seed: number }) =>
    measure(answered, { draws, seed }),
};

serveTasks(measureTasks);
