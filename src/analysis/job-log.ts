import { Logger as GraphileLogger } from 'graphile-worker';
import type { Logger } from '../log.js';

/** graphile-worker's messages in our log; its routine ones only at `debug`. */
export function graphileLogger(log: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    if (level === 'error') log.error({ from: 'graphile-worker' }, message);
    else if (level === 'warning') log.warn({ from: 'graphile-worker' }, message);
    else log.debug({ from: 'graphile-worker' }, message);
  });
}
