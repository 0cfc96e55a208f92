// Started by tests as a process of its own: opens the embedded PostgreSQL under the folder that it is given, reports,
// and closes when it is told to.
import { openEmbeddedPostgres } from '../../dist/catalog/embedded-postgres.js';
import { createLogger } from '../../dist/log.js';

const embedded = await openEmbeddedPostgres(process.argv[2], createLogger('silent'));
process.on('message', async () => {
  await embedded.close();
  process.disconnect();
});
process.send(embedded.urlOf('postgres'));
