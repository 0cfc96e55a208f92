import { expect, test } from 'vitest';
import { openEngine } from '../src/engine.js';
import { createLogger } from '../src/log.js';
import { createTestDatabase } from './database.js';

test('what cannot be closed keeps nothing else open', async () => {
  const { config, close } = await createTestDatabase();
  const engine = await openEngine({ ...config, role: 'api' }, createLogger('silent'));
  const { database } = engine;
  const closeDatabase = database.close;
  database.close = async () => {
    await closeDatabase();
    throw new Error('the folder is gone');
  };
  await expect(engine.close()).rejects.toThrow('the folder is gone');
  // Opened before the database, and so closed after it.
  await expect(engine.threads.run('probe', {} as never)).rejects.toMatchObject({ code: 'CANCELLED' });
  await close();
});
