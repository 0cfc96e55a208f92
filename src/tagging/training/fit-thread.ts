import { serveTasks } from '../../inference/thread.js';
import type { TaskContext } from '../../inference/threads.js';
import { fitHidden } from './hidden-head.js';
import { fitLinear, type HeadLesson } from './linear-head.js';

/** What a thread that fits heads can do. */
export const fitTasks = {
  linear: ({ lesson, strength }: { lesson: HeadLesson; strength: number }, { signal }: TaskContext) =>
    fitLinear(lesson, strength, { signal }),

  hidden: (
    { lesson, seed, variants }: { lesson: HeadLesson; seed: number; variants: number },
    { signal }: TaskContext,
  ) => fitHidden(lesson, { seed, variants, signal }),
};

serveTasks(fitTasks);
