import { expect, test } from 'vitest';
import { ThreadPool } from '../../src/inference/threads.js';
import type { TimedLine } from '../../src/media/timed-line.js';
import type { Tagging } from '../../src/tagging/tag.js';

const lines: TimedLine[] = [
  'We rob the bank at midnight.',
  'The cops will never know.',
  'You betrayed me, brother!',
  'In this city everyone pays.',
].map((text, i) => ({ startSeconds: i, endSeconds: i + 1, text, kind: 'SPEECH', speaker: null }));

test('the same words get identical tags in 100 runs on 1, 2 and 4 threads', { timeout: 60_000 }, async () => {
  const answers = new Set<string>();
  for (const threads of [1, 2, 4]) {
    const pool = new ThreadPool<{ tag: (input: TimedLine[]) => Tagging }>(
      new URL('./tag-thread.mjs', import.meta.url),
      threads,
    );
    const runs = await Promise.all(Array.from({ length: 100 }, () => pool.run('tag', lines)));
    for (const run of runs)
      answers.add(JSON.stringify({ ...run, fused: { ...run.fused, vector: [...run.fused.vector] } }));
    await pool.close();
  }
  expect(answers.size).toBe(1);
  const tagging = JSON.parse([...answers][0]!) as Tagging;
  expect(tagging.tags.find(({ label }) => label === 'genre/crime')).toMatchObject({
    state: 'ACCEPTED',
    weight: 'PRIMARY',
  });
});
