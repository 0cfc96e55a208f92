import { Directive, Field, ObjectType } from 'type-graphql';
import type { Page, PageRequest } from '../catalog/page.js';
import { Count } from './scalars.js';

@Directive('@shareable')
@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'There are entries behind this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'There are entries in front of this page: `after` was given.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The first entry's cursor; null on an empty page." })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The last entry's cursor: give it as `after` to get the next page. Null on an empty page.",
  })
  endCursor!: string | null;
}

/** A page as the fields of a connection read it. `totalCount` counts only when it is asked for. */
export interface ConnectionOf<Row> {
  edges: { node: Row; cursor: string }[];
  nodes: Row[];
  pageInfo: PageInfo;
  totalCount: () => Promise<number>;
}

/**
 * The types `<name>Connection` and `<name>Edge`.
 * @param list the connection's name, where it has fields of its own and is extended
 */
export function connectionType(name: string, node: () => object, list?: string) {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in the list.` })
  class Edge {
    @Field(node, { description: `The ${name}.` })
    node!: unknown;

    @Field(() => String, { description: 'Give it as `after` to continue behind this entry.' })
    cursor!: string;
  }

  @ObjectType(`${list ?? name}${list ? 'Page' : 'Connection'}`, {
    description: `A page of a list of ${name} objects.`,
  })
  class Connection {
    @Field(() => [Edge], { description: 'The entries with their cursors.' })
    edges!: Edge[];

    @Field(() => [node()], { description: 'The entries alone.' })
    nodes!: unknown[];

    @Field(() => PageInfo, { description: 'Where the page stands in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Count, { name: 'totalCount', description: 'How many entries the whole list has.' })
    countAll(): Promise<number> {
      return this.totalCount();
    }

    totalCount!: () => Promise<number>;
  }
  return Connection;
}

export function connection<Row>(
  page: Page<Row>,
  request: PageRequest,
  totalCount: () => Promise<number>,
): ConnectionOf<Row> {
  const edges = page.rows.map((node) => ({ node, cursor: page.cursorOf(node) }));
  return {
    edges,
    nodes: page.rows,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: request.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}
