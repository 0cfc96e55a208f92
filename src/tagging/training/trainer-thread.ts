import { serveTasks } from '../../inference/thread.js';
import type { TaskContext } from '../../inference/threads.js';
import { shareOf, type TrainingTask } from '../train-classifier.js';
import { learnClassifier } from './learn-classifier.js';

/** What the thread that leads a training can do. */
export const trainerTasks = {
  train: ({ rows, options }: TrainingTask, { signal, progress }: TaskContext) =>
    learnClassifier(rows, options, (told) => progress(shareOf(told)), signal),
};

serveTasks(trainerTasks);
