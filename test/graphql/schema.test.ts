import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSchema, printSchema } from '../../src/graphql/schema.js';

const FEDERATION = /^(_Any|_Entity|_Service|link__|federation__|_service|_entities)/;

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await createSchema();
});

describe('the schema', () => {
  it('is printed in schema.graphql as the code declares it', async () => {
    const file = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
    expect(await readFile(file, 'utf8')).toBe(await printSchema());
  });

  it('describes every type, field, argument, input field and enum value', () => {
    expect(undescribed(schema)).toEqual([]);
  });

  it('gives every mutation one input and a payload with errors', () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const payload = `${field.name[0]?.toUpperCase()}${field.name.slice(1)}Payload!`;
      expect([field.name, field.args.map((arg) => arg.name), String(field.type)]).toEqual([
        field.name,
        ['input'],
        payload,
      ]);
      const type = schema.getType(payload.slice(0, -1));
      expect(isObjectType(type) && String(type.getFields().errors?.type)).toBe('[UserError!]!');
    }
  });

  it('lets `nodes` and `node` find every type that implements Node', () => {
    const node = schema.getType('Node');
    const names = isInterfaceType(node) ? schema.getPossibleTypes(node).map((type) => type.name) : [];
    expect(names.sort()).toEqual([
      'Analysis',
      'Classifier',
      'Prediction',
      'Retagging',
      'Review',
      'Title',
      'Trailer',
      'Training',
    ]);
  });
});

function undescribed(of: GraphQLSchema): string[] {
  const missing: string[] = [];
  const check = (name: string, described: { description?: string | null | undefined }) => {
    if (!described.description && !FEDERATION.test(name.split('.').at(-1) ?? '')) missing.push(name);
  };
  for (const type of Object.values(of.getTypeMap())) {
    const isRoot = [of.getQueryType(), of.getMutationType(), of.getSubscriptionType()].includes(
      type as never,
    );
    if (isIntrospectionType(type) || isSpecifiedScalarType(type) || FEDERATION.test(type.name)) continue;
    if (!isRoot) check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        if ('args' in field && !FEDERATION.test(field.name)) {
          for (const arg of field.args) check(`${type.name}.${field.name}.${arg.name}`, arg);
        }
      }
    }
  }
  return missing;
}
