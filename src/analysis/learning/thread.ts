import { serveTasks } from '../../inference/thread.js';
import { tasks } from './tasks.js';

serveTasks(tasks);
