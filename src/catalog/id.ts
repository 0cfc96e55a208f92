import { v7 } from 'uuid';

/** The types whose objects have an id of their own. The id's beginning names the type, for `Query.node`. */
export const ID_KINDS = [
  'title',
  'trailer',
  'analysis',
  'prediction',
  'classifier',
  'review',
  'upload',
  'process',
  'vectors',
  'webhook',
  'training',
  'retagging',
] as const;
export type IdKind = (typeof ID_KINDS)[number];

/** A new id: the kind and a UUIDv7, so that ids sort by the time of their making. */
export function newId(kind: IdKind): string {
  return `${kind}_${v7().replaceAll('-', '')}`;
}

/** The kind that an id names, or null where it is no id of ours. */
export function kindOf(id: string): IdKind | null {
  const match = /^([a-z]+)_[0-9a-f]{32}$/.exec(id);
  return ID_KINDS.find((kind) => kind === match?.[1]) ?? null;
}
