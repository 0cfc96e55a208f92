import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql';
import { type IdKind, kindOf } from '../catalog/id.js';
import { Failure } from '../failure.js';
import type { Context } from './context.js';

const TYPE_NAMES = {
  title: 'Title',
  trailer: 'Trailer',
  analysis: 'Analysis',
  prediction: 'Prediction',
  classifier: 'Classifier',
  review: 'Review',
  training: 'Training',
  retagging: 'Retagging',
} as const satisfies Partial<Record<IdKind, string>>;

type NodeKind = keyof typeof TYPE_NAMES;

const MOST_NODES = 100; // ids a call

@InterfaceType({
  description: 'An object with an id of its own, which `node` finds again.',
  resolveType: (value: Node) => nodeTypeName(value.id),
})
export abstract class Node {
  @Field(() => ID, { description: 'Names this object for ever, among all objects of all types.' })
  id!: string;
}

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Any object by its id; null when there is none.' })
  node(@Ctx() context: Context, @Arg('id', () => ID, { description: "The object's id." }) id: string) {
    return loadNode(context, id);
  }

  @Query(() => [Node], {
    nullable: 'items',
    description: 'Objects by their ids, in the same order, null where there is none.',
  })
  nodes(
    @Ctx() context: Context,
    @Arg('ids', () => [ID], { description: 'The ids, at most 100.' }) ids: string[],
  ) {
    if (ids.length > MOST_NODES) {
      throw new Failure('TOO_LARGE', `Ask for at most ${MOST_NODES} nodes a call, not ${ids.length}.`);
    }
    return ids.map((id) => loadNode(context, id));
  }
}

function loadNode({ loaders }: Context, id: string): Promise<{ id: string } | null> | null {
  const kind = kindOf(id);
  return kind !== null && isNodeKind(kind) ? loaders[kind].load(id) : null;
}

function nodeTypeName(id: string): string | undefined {
  const kind = kindOf(id);
  return kind !== null && isNodeKind(kind) ? TYPE_NAMES[kind] : undefined;
}

function isNodeKind(kind: IdKind): kind is NodeKind {
  return kind in TYPE_NAMES;
}
