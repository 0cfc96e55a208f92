import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Notifications } from '../../src/analysis/notifications.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { Door } from '../door.js';
import { silent } from './harness.js';

describe('the listening connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database?.close();
  });

  it('is made anew by one try a second while the database is away, and tells when it is back', async () => {
    const { door, url } = await Door.to(database.url);
    const notifications = new Notifications(url, silent);
    await notifications.start();
    door.shut();
    const [first = 0, , , fourth = 0] = await door.refuse(4);
    expect(fourth - first).toBeGreaterThan(2_900);
    const back = new Promise<string>((resolve) => notifications.on('reconnected', resolve));
    door.open = true;
    await back;
    await notifications.close();
    door.close();
  }, 20_000);

  it('that cannot be made at the start is not tried again behind the caller’s back', async () => {
    const { door, url } = await Door.to(database.url);
    door.shut();
    const notifications = new Notifications(url, silent);
    await expect(notifications.start()).rejects.toThrow();
    const again = door.refuse(1).then(() => 'again');
    const silence = new Promise((resolve) => setTimeout(() => resolve('silence'), 1_500));
    expect(await Promise.race([again, silence])).toBe('silence');
    await notifications.close();
    door.close();
  });
});
