import { readFile } from 'node:fs/promises';
import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { refuseOversized } from '../../src/graphql/limits.js';
import * as discovering from '../../src/web/discovery-queries.js';
import * as editing from '../../src/web/editing-queries.js';
import * as analysing from '../../src/web/queries.js';
import { STAGES } from '../../src/web/words.js';

const root = new URL('../../', import.meta.url);

const queries = { ...analysing, ...discovering, ...editing };

/** Something for every variable that must be there; the size of an answer does not depend on them. */
function variablesOf(operation: string): Record<string, unknown> {
  const ids = [...operation.matchAll(/\$(\w+): ID!/g)].map((match) => [match[1], 'title_1']);
  return Object.fromEntries(ids);
}

describe('what the page and the examples ask', () => {
  let schema: GraphQLSchema;

  beforeAll(async () => {
    schema = buildSchema(await readFile(new URL('schema.graphql', root), 'utf8'), { assumeValidSDL: true });
  });

  it.each(Object.entries(queries))('%s is valid against schema.graphql', (_name, operation) => {
    expect(validate(schema, parse(operation))).toEqual([]);
  });

  it.each(Object.entries(queries))('%s is within the size that the server answers', (_name, operation) => {
    expect(refuseOversized(schema, parse(operation), null, variablesOf(operation))).toBeNull();
  });

  it.each(['analyze.sh', 'follow.ts', 'train.ts'])(
    'every operation of examples/%s is valid against schema.graphql',
    async (file) => {
      const text = await readFile(new URL(`examples/${file}`, root), 'utf8');
      const operations = [...text.matchAll(/['`]((?:query|mutation|subscription) \([^'`]+)['`]/g)].map(
        (match) => match[1] ?? '',
      );
      expect(operations.length).toBeGreaterThanOrEqual(4);
      for (const operation of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
    },
  );

  it('has a name for each stage', () => {
    const stages = schema.getType('StageName');
    const names = stages && 'getValues' in stages ? stages.getValues().map((value) => value.name) : [];
    expect(STAGES.map(({ stage }) => stage).sort()).toEqual([...names].sort());
  });
});
