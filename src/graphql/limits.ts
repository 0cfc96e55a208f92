import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { Failure } from '../failure.js';
import { failureError } from './errors.js';

/** Words and signs of a document; parsing and validating one of this size takes a few milliseconds. */
export const MOST_TOKENS = 3_000;
/** Levels of fields; the standard introspection query has 13. */
const DEEPEST = 15;
/** Values that an answer may hold, see the lengths below. Putting 10,000 together takes the event loop about 30 ms. */
const MOST_VALUES = 30_000;

/** How long lists are expected to be where the operation does not say; everything else is taken for 10. */
const LIST_LENGTHS: Record<string, number> = {
  'Prediction.tags': 50, // one for each label of the taxonomy
  'Tag.evidence': 3,
  'Tag.signalShares': 3,
  'Trailer.shots': 100,
  'Trailer.transcript': 50,
  'Analysis.stages': 7,
  'Title.genres': 5,
  'Row.titles': 20,
  'Row.labels': 2,
  'SimilarTitle.reasons': 4,
  'Title.externalIds': 5,
};
const OTHER_LENGTH = 10;
/** `tags(state: …)` leaves the labels that do not apply out, which are most of them. */
const TAGS_IN_ONE_STATE = 10;

/** What an operation asks for, from its text and variables alone. */
export interface OperationSize {
  /** Levels of fields below the operation. */
  depth: number;
  /** Values in the answer, with lists as long as they are expected to be. */
  values: number;
}

/** @returns an error where the operation is too deep or too large, else null */
export function refuseOversized(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown> | null | undefined,
): GraphQLError | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const usable = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  if (!usable.coerced) return null; // executing it fails before anything runs
  const size = operationSize(schema, document, operation, usable.coerced);
  if (size.depth > DEEPEST) {
    return tooLarge(`The operation is ${size.depth} fields deep; ask for at most ${DEEPEST} levels at once.`);
  }
  if (size.values > MOST_VALUES) {
    return tooLarge(
      `The operation asks for up to ${Math.round(size.values)} values; ask for smaller pages or fewer fields, at most ${MOST_VALUES} values at once.`,
    );
  }
  return null;
}

/** The document must be valid, and the variables coerced. */
export function operationSize(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): OperationSize {
  const root = schema.getRootType(operation.operation);
  if (!root) return { depth: 0, values: 0 };
  return new Measure(schema, document, variables).selections(operation.selectionSet, root.name, null);
}

class Measure {
  readonly #fragments: Map<string, FragmentDefinitionNode>;
  /** A fragment is measured once for each length of page that it stands in, however often it is spread. */
  readonly #known = new Map<string, OperationSize>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly variables: Record<string, unknown>,
  ) {
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
  }

  /** @param pageLength how many entries the connection has that these are the fields of, else null */
  selections(set: SelectionSetNode, typeName: string, pageLength: number | null): OperationSize {
    const total: OperationSize = { depth: 0, values: 0 };
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? this.#field(selection, typeName, pageLength)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? this.#fragment(selection.name.value, pageLength)
            : this.selections(
                selection.selectionSet,
                selection.typeCondition?.name.value ?? typeName,
                pageLength,
              );
      total.depth = Math.max(total.depth, size.depth);
      total.values += size.values;
    }
    return total;
  }

  #fragment(name: string, pageLength: number | null): OperationSize {
    const key = `${name} ${pageLength}`;
    const known = this.#known.get(key);
    if (known) return known;
    const fragment = this.#fragments.get(name);
    const size = fragment
      ? this.selections(fragment.selectionSet, fragment.typeCondition.name.value, pageLength)
      : { depth: 0, values: 0 };
    this.#known.set(key, size);
    return size;
  }

  #field(node: FieldNode, typeName: string, pageLength: number | null): OperationSize {
    const field = this.#definition(node.name.value, typeName);
    if (!field) return { depth: 1, values: 1 };
    const given = getArgumentValues(field, node, this.variables);
    const length = isListType(getNullableType(field.type))
      ? listLength(field.name, typeName, given, pageLength)
      : 1;
    if (!node.selectionSet) return { depth: 1, values: length };
    const type = getNamedType(field.type);
    const entries = type.name.endsWith('Connection') ? Number(given.first ?? OTHER_LENGTH) : null;
    const below = isCompositeType(type)
      ? this.selections(node.selectionSet, type.name, entries)
      : { depth: 0, values: 0 };
    return { depth: 1 + below.depth, values: length * (1 + below.values) };
  }

  #definition(name: string, typeName: string): GraphQLField<unknown, unknown> | undefined {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    const type = this.schema.getType(typeName);
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  }
}

function listLength(
  name: string,
  typeName: string,
  given: Record<string, unknown>,
  pageLength: number | null,
): number {
  if (pageLength !== null) return pageLength;
  if (name === 'tags' && given.state != null) return TAGS_IN_ONE_STATE;
  if (typeof given.first === 'number') return given.first;
  const asked = given.ids ?? given.representations;
  return Array.isArray(asked) ? asked.length : (LIST_LENGTHS[`${typeName}.${name}`] ?? OTHER_LENGTH);
}

function tooLarge(message: string): GraphQLError {
  return failureError(new Failure('TOO_LARGE', message));
}

/** Postgres cannot hold a NUL character in text, so no operation may bring one. */
export function refuseNul(query: string, variables: unknown): GraphQLError | null {
  const found = /\0|\\u0000|\\u\{0+\}/.test(query) || holdsNul(variables);
  return found
    ? failureError(new Failure('BAD_INPUT', 'The request holds a NUL character; remove it.'))
    : null;
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsNul);
}
