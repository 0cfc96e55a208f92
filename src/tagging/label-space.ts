import { Failure } from '../failure.js';
import { type LabelMapping, labelsOf, type Taxonomy } from './taxonomy.js';
import type { TrainingRow } from './training-row.js';

/** A label that a classifier answers with. */
export interface SpaceLabel {
  /** The group in lower case, a slash, a slug: `genre/science-fiction`. */
  id: string;
  group: string;
  name: string;
}

/** The labels of a classifier in their order, and the names under which rows may know them. */
export interface LabelSpace {
  labels: SpaceLabel[];
  /** Places in `labels`, by group and slug of a name. */
  places: ReadonlyMap<string, readonly number[]>;
}

/** `Science Fiction` → `science-fiction`. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

/** A name may be a whole id: `theme/family` in the group `theme` is its label `family`. */
function keyOf(group: string, name: string): string {
  const prefix = `${group.toLowerCase()}/`;
  return prefix + slugOf(name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : name);
}

/**
 * The labels of a taxonomy, known by id, by name and by the names that the mapping gives to labels of the same group.
 */
export function spaceOfTaxonomy(taxonomy: Taxonomy, mapping: LabelMapping | null): LabelSpace {
  const labels = labelsOf(taxonomy).map(({ id, name }) => ({
    id,
    name,
    group: id.slice(0, id.indexOf('/')),
  }));
  return withAliases(spaceOf(labels), mapping);
}

/** The labels, known by the names of other data too where the mapping gives those to labels of the same group. */
export function withAliases({ labels, places: own }: LabelSpace, mapping: LabelMapping | null): LabelSpace {
  const places = new Map(own);
  const add = (key: string, ids: readonly string[]) => {
    const found = ids.flatMap((id) => places.get(id) ?? []);
    if (found.length > 0 && !places.has(key)) places.set(key, found);
  };
  for (const [name, ids] of Object.entries(mapping?.genre ?? {}))
    add(
      keyOf('genre', name),
      ids.filter((id) => id.startsWith('genre/')),
    );
  return { labels, places };
}

/** The labels that a name, or a whole id, stands for in any group. */
export function placesOfName({ labels, places }: LabelSpace, name: string): number[] {
  const groups = [...new Set(labels.map(({ group }) => group))];
  return groups.flatMap((group) => places.get(keyOf(group, name)) ?? []);
}

/** Labels known by their id's slug and by their name. */
export function spaceOf(labels: SpaceLabel[]): LabelSpace {
  const places = new Map<string, readonly number[]>();
  labels.forEach(({ id, group, name }, place) => {
    places.set(id.toLowerCase(), [place]);
    places.set(keyOf(group, name), [place]);
  });
  return { labels, places };
}

/** The groups and labels that occur in the rows, sorted, so that the order of the rows does not matter. */
export function spaceOfRows(rows: readonly TrainingRow[]): LabelSpace {
  const found = new Map<string, SpaceLabel>();
  for (const row of rows) {
    for (const [group, name] of namesIn(row)) {
      const id = keyOf(group, name);
      const known = found.get(id);
      if (!known || name < known.name) found.set(id, { id, group: group.toLowerCase(), name });
    }
  }
  return spaceOf([...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
}

function namesIn({ labels, soft }: TrainingRow): [group: string, name: string][] {
  const hard = Object.entries(labels).flatMap(([group, names]) =>
    names.map((name): [string, string] => [group, name]),
  );
  const weighed = Object.entries(soft).flatMap(([group, shares]) =>
    Object.keys(shares).map((name): [string, string] => [group, name]),
  );
  return [...hard, ...weighed];
}

/** The labels of the given groups (none given: all). @throws Failure BAD_INPUT for a group that is not there */
export function someGroups(space: LabelSpace, groups: readonly string[]): LabelSpace {
  if (groups.length === 0) return space;
  const wanted = groups.map((group) => group.toLowerCase());
  const all = [...new Set(space.labels.map(({ group }) => group))];
  const missing = wanted.find((group) => !all.includes(group));
  if (missing !== undefined) {
    throw new Failure(
      'BAD_INPUT',
      `There is no group ${missing}: the groups are ${all.join(', ') || 'none'}.`,
    );
  }
  return someLabels(space, (label) => wanted.includes(label.group));
}

/** The labels that are wanted, with all names that they are known by. */
export function someLabels(
  space: LabelSpace,
  wanted: (label: SpaceLabel, place: number) => boolean,
): LabelSpace {
  const kept = space.labels.flatMap((label, place) => (wanted(label, place) ? [place] : []));
  const moved = new Map(kept.map((from, to) => [from, to]));
  const places = new Map<string, readonly number[]>();
  for (const [key, from] of space.places) {
    const to = from.flatMap((place) => moved.get(place) ?? []);
    if (to.length > 0) places.set(key, to);
  }
  return { labels: kept.map((place) => space.labels[place]!), places };
}

/** What rows say of the labels of a space. */
export interface RowTargets {
  /** rows × labels: 1 it has it, 0 it has not, between: a probability, NaN unknown. */
  values: Float32Array;
  /**
   * Names that no label is known by, in groups that the space has, with how often they occur: `genre: Short`. Groups
   * that it has not are listed whole: `tag`.
   */
  unknownNames: Map<string, number>;
}

/** A name, and how many times rows have it. */
export interface NameCount {
  name: string;
  rows: number;
}

/** The most frequent first. */
export function byFrequency(names: RowTargets['unknownNames']): NameCount[] {
  return [...names]
    .map(([name, rows]) => ({ name, rows }))
    .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
}

/** A group that a row names makes its other labels negative there; an absent group leaves them unknown. */
export function targetsOf(rows: readonly TrainingRow[], space: LabelSpace): RowTargets {
  const width = space.labels.length;
  const values = new Float32Array(rows.length * width).fill(Number.NaN);
  const groups = new Set(space.labels.map(({ group }) => group));
  const unknownNames = new Map<string, number>();
  const count = (name: string) => unknownNames.set(name, (unknownNames.get(name) ?? 0) + 1);
  rows.forEach((row, i) => {
    const target = values.subarray(i * width, (i + 1) * width);
    const set = (group: string, name: string, value: number) => {
      const found = space.places.get(keyOf(group, name));
      if (!found && groups.has(group.toLowerCase())) count(`${group}: ${name}`);
      for (const place of found ?? []) target[place] = Math.max(target[place]!, value);
    };
    for (const group of [...Object.keys(row.labels), ...Object.keys(row.soft)])
      if (!groups.has(group.toLowerCase())) count(group);
    for (const [group, found] of Object.entries(row.labels)) {
      fillGroup(target, space, group);
      for (const name of found) set(group, name, 1);
    }
    for (const [group, shares] of Object.entries(row.soft)) {
      for (const name of Object.keys(shares)) clear(target, space.places.get(keyOf(group, name)));
      for (const [name, share] of Object.entries(shares)) set(group, name, share);
    }
  });
  return { values, unknownNames };
}

function fillGroup(target: Float32Array, { labels }: LabelSpace, group: string): void {
  labels.forEach((label, place) => {
    if (label.group === group.toLowerCase()) target[place] = 0;
  });
}

function clear(target: Float32Array, places: readonly number[] | undefined): void {
  for (const place of places ?? []) target[place] = 0;
}
