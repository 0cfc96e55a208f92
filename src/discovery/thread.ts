import { serveTasks } from '../inference/thread.js';
import { tasks } from './tasks.js';

// Requests wait for the index, so its thread does not give way to anything.
serveTasks(tasks, { givesWay: false });
