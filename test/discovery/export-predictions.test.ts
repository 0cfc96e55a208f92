import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type RunningServer, runServer } from '../http/running-server.js';

let server: RunningServer;
let titleIds: string[];
beforeAll(async () => {
  server = await runServer();
  await writeLabels(server.database.prisma);
  ({ titleIds } = await writeAnalysedTitles(server.database.prisma, 3));
});
afterAll(() => server.close());

test('the newest predictions are exported a tag a line, with what was accepted or suggested alone', async () => {
  const { prisma } = server.database;
  const text = await (await fetch(`${server.url}/export/predictions.jsonl`)).text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const tags = await prisma.tag.findMany({
    where: { state: { in: ['ACCEPTED', 'SUGGESTED'] } },
    include: { prediction: { include: { trailer: true } } },
  });
  const keyOf = (titleId: string, label: string) => `${titleId} ${label}`;
  expect(lines.map(({ titleId, label }) => keyOf(titleId, label)).sort()).toEqual(
    tags.map(({ prediction, labelId }) => keyOf(prediction.trailer.titleId, labelId)).sort(),
  );
  expect(lines.map(({ titleId }) => titleId)).toEqual([...lines.map(({ titleId }) => titleId)].sort());
  expect(new Set(lines.map(({ titleId }) => titleId))).toEqual(new Set(titleIds));
  for (const { predictionId, createdAt } of lines) {
    const { createdAt: written } = tags.find((tag) => tag.predictionId === predictionId)!.prediction;
    expect(createdAt).toBe(written.toISOString());
  }
});
