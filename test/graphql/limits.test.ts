import { type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationSize, refuseNul, refuseOversized } from '../../src/graphql/limits.js';
import { createSchema } from '../../src/graphql/schema.js';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await createSchema();
});

function sizeOf(query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  return operationSize(schema, document, document.definitions[0] as OperationDefinitionNode, variables);
}

describe('the size of an operation', () => {
  it('counts one value for each field', () => {
    expect(sizeOf('{ title(id: "1") { id name } }')).toEqual({ depth: 2, values: 3 });
  });

  it('multiplies what is inside a connection by the length of its page', () => {
    // titles + pageInfo + its field + 50 × (node + id)
    expect(sizeOf('{ titles(first: 50) { pageInfo { endCursor } nodes { id } } }').values).toBe(1 + 2 + 100);
  });

  it('multiplies nested connections', () => {
    // titles + 10 × (node + trailers + 20 × (node + id))
    expect(sizeOf('{ titles(first: 10) { nodes { trailers(first: 20) { nodes { id } } } } }').values).toBe(
      1 + 10 * (2 + 20 * 2),
    );
  });

  it('takes the length of the page from a variable', () => {
    const query = 'query ($n: Int!) { titles(first: $n) { nodes { id } } }';
    expect(sizeOf(query, { n: 7 }).values).toBe(1 + 7 * 2);
  });

  it('counts a fragment wherever it is spread', () => {
    const once = sizeOf('{ a: title(id: "1") { ...f } } fragment f on Title { id name }').values;
    const twice = sizeOf(
      '{ a: title(id: "1") { ...f } b: title(id: "2") { ...f } } fragment f on Title { id name }',
    ).values;
    expect(twice).toBe(2 * once);
  });

  it('is known at once for fragments that double at every level', () => {
    const levels = Array.from(
      { length: 60 },
      (_, i) => `fragment f${i} on Trailer { title { trailers { nodes { ...f${i + 1} ...f${i + 1} } } } }`,
    );
    const query = `{ trailer(id: "1") { ...f0 } } ${levels.join(' ')} fragment f60 on Trailer { id }`;
    // Who spreads one fragment after the other never comes to an end.
    expect(sizeOf(query).values).toBeGreaterThan(1e60);
  });

  it('counts the ids that are asked for', () => {
    expect(sizeOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['1', '2', '3'] }).values).toBe(
      6,
    );
  });
});

describe('an operation is refused', () => {
  const refuse = (query: string, variables?: Record<string, unknown>) =>
    refuseOversized(schema, parse(query), undefined, variables);

  it('when it is more than 15 fields deep', () => {
    const deep = (levels: number): string =>
      levels === 0 ? '{ id }' : `{ title { trailers(first: 1) { nodes ${deep(levels - 1)} } } }`;
    expect(refuse(`{ trailer(id: "1") ${deep(4)} }`)).toBeNull();
    expect(refuse(`{ trailer(id: "1") ${deep(5)} }`)?.extensions.code).toBe('TOO_LARGE');
  });

  it('when it asks for more than 30,000 values', () => {
    const query =
      '{ titles(first: 100) { nodes { trailers(first: 100) { nodes { id durationSeconds shots { index } } } } } }';
    expect(refuse(query)?.extensions.code).toBe('TOO_LARGE');
  });

  it('but not when it is the page of 50 titles that the API is made for', () => {
    const query = `{ titles(first: 50) { nodes { id name releaseYear prediction { tags(state: ACCEPTED) {
      probability threshold state weight label { id name } evidence { startSeconds endSeconds signal contribution line thumbnailUrl }
    } signalQuality { overall } } } } }`;
    expect(refuse(query)).toBeNull();
  });

  it('when a NUL character is in its text, in an escape, or deep in its variables', () => {
    expect(refuseNul('{ title(id: "\0") { id } }', {})?.extensions.code).toBe('BAD_INPUT');
    expect(refuseNul('{ title(id: "\\u0000") { id } }', {})?.extensions.code).toBe('BAD_INPUT');
    expect(refuseNul('{ a }', { input: { list: ['fine', 'a\0b'] } })?.extensions.code).toBe('BAD_INPUT');
    expect(refuseNul('{ a }', { input: { list: ['fine', null, 3] } })).toBeNull();
  });
});
