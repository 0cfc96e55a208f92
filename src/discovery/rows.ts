import { hash32 } from '../tagging/random.js';
import { type Aspects, type Blend, MATTER_BLEND, noAspects, similarity } from './aspect.js';
import type { CatalogIndex } from './catalog-index.js';
import { choose } from './diversity.js';
import { HighestScores } from './highest-scores.js';
import type { IndexedLabel, LabelTable } from './label-table.js';
import type { RowKind, RowRule, Shelving } from './row-rules.js';
import { rowName } from './row-words.js';
import { centreOf, type Taste } from './taste.js';
import type { VectorEngine } from './vector-engine.js';

/** A collection worth putting on a page. */
export interface BuiltRow {
  ruleId: string;
  kind: RowKind;
  labels: string[];
  name: string;
  pinned: boolean;
  titleIds: string[];
  /** Titles that the rule fits, shown here or not. */
  matching: number;
}

export interface RowEditing {
  ruleId: string;
  pinned: boolean;
  hidden: boolean;
  name: string | null;
}

export interface RowRequest {
  first: number;
  /** Titles a row, at most. */
  size: number;
  kinds: readonly RowKind[] | null;
  tastes: readonly Taste[];
  /** Not to be shown: what the profile knows already. */
  without: ReadonlySet<string>;
  /** Newest titles first inside each row. */
  freshFirst: boolean;
  /** A day, as in `2026-11-22`: the page changes from day to day, and not within one. */
  day: string;
  edits: readonly RowEditing[];
}

/** A row of fewer titles is not worth its place. */
export const SMALLEST_ROW = 6;
/** Of a rule's titles, the fittest this many times the row's size are looked at closely. */
const POOL_FACTOR = 4;
/** What one earlier use of a label on the page takes from a rule. */
const REPEAT_COST = 0.6;
/** How much the day can move a rule. */
const DAY_WEIGHT = 0.5;
const TASTE_WEIGHT = 4;
const DIVERSITY = 0.25;
/** Words alone: rows gather by labels, so labels tell their titles no further apart. */
const ROW_BLEND: Blend = { ...MATTER_BLEND, TAGS: 0.2 };

export interface RowParts {
  index: CatalogIndex;
  engine: VectorEngine;
  shelving: Shelving;
}

/** Deterministic for a given catalog, day and request. No title comes twice on the page. */
export async function buildRows(parts: RowParts, request: RowRequest): Promise<BuiltRow[]> {
  const { labels: known } = parts.index.labels;
  const editOf = new Map(request.edits.map((edit) => [edit.ruleId, edit]));
  const shown = new Set(request.without);
  const uses = new Map<string, number>();
  const rows: BuiltRow[] = [];
  const rules = parts.shelving.rules.filter(
    ({ id, kind }) => !editOf.get(id)?.hidden && (request.kinds?.includes(kind) ?? true),
  );
  const open = rules.map((rule) => ({ rule, worth: worthOf(rule, known, request) }));
  while (rows.length < request.first && open.length > 0) {
    const value = ({ rule, worth }: (typeof open)[number]) =>
      worth +
      (editOf.get(rule.id)?.pinned ? 1_000 : 0) -
      rule.labels.reduce((sum, label) => sum + REPEAT_COST * (uses.get(label) ?? 0), 0);
    const best = open.reduce((p, q) =>
      value(q) > value(p) || (value(q) === value(p) && q.rule.id < p.rule.id) ? q : p,
    );
    open.splice(open.indexOf(best), 1);
    const titleIds = await membersOf(best.rule, parts, request, shown);
    if (titleIds.length < SMALLEST_ROW) continue;
    for (const id of titleIds) shown.add(id);
    for (const label of best.rule.labels) uses.set(label, (uses.get(label) ?? 0) + 1);
    const { id, kind, labels, size } = best.rule;
    const edit = editOf.get(id);
    const ownName = rowName(labels, (label) => known[parts.index.labels.numberOf(label)!]!.name);
    rows.push({
      ruleId: id,
      kind,
      labels,
      name: edit?.name ?? ownName,
      pinned: edit?.pinned ?? false,
      titleIds,
      matching: size,
    });
  }
  return rows;
}

/** Pairs that meet oftener than by chance make rows with a character of their own. */
function worthOf(rule: RowRule, known: readonly IndexedLabel[], request: RowRequest): number {
  const telling = rule.numbers.reduce((sum, number) => sum + known[number]!.rarity, 0);
  const day = hash32(`${request.day} ${rule.id}`) / 2 ** 32;
  const liked = request.tastes.length === 0 ? 0 : TASTE_WEIGHT * tasteFor(rule, known, request);
  const character = rule.labels.length === 1 ? 0 : Math.min(2, Math.max(-1, rule.lift));
  return character + 0.15 * telling + 0.1 * Math.log(rule.size) + DAY_WEIGHT * day + liked;
}

/** How much of each taste's labels the rule has: the cosine of the rule to the nearest taste. */
function tasteFor(rule: RowRule, known: readonly IndexedLabel[], { tastes }: RowRequest): number {
  const vector = ruleVector(rule, known);
  const likeness = tastes.map(({ centre }) =>
    similarity({ ...noAspects(), TAGS: vector }, centre, MATTER_BLEND),
  );
  return Math.max(0, ...likeness.map((value) => value ?? 0));
}

function ruleVector(rule: RowRule, known: readonly IndexedLabel[]): Float32Array {
  const vector = new Float32Array(known.length);
  const length = Math.hypot(...rule.numbers.map((number) => known[number]!.rarity));
  for (const number of rule.numbers) vector[number] = known[number]!.rarity / length;
  return vector;
}

async function membersOf(
  rule: RowRule,
  { index, engine, shelving }: RowParts,
  request: RowRequest,
  shown: ReadonlySet<string>,
): Promise<string[]> {
  const fits = fittest(rule, index, shelving, shown, request.size * POOL_FACTOR);
  const aspectsOf = await engine.aspectsOf(fits.map(({ id }) => id));
  const pool = fits.filter(({ id }) => aspectsOf.has(id));
  const centre = centreOf([...aspectsOf.values()]);
  const score = ({ id, fit }: Fit) => {
    const own = aspectsOf.get(id)!;
    const coherence = similarity(own, centre, ROW_BLEND) ?? 0;
    return fit + 0.5 * coherence + tasteOf(own, request.tastes);
  };
  const chosen = choose(
    pool.map((fit) => ({ id: fit.id, score: score(fit), group: 0 })),
    {
      count: request.size,
      diversity: DIVERSITY,
      shares: [1],
      likeness: (a, b) => similarity(aspectsOf.get(a)!, aspectsOf.get(b)!, ROW_BLEND) ?? 0,
    },
  );
  const ids = chosen.map(({ id }) => id);
  if (!request.freshFirst) return ids;
  const age = (id: string) => index.createdAt(id);
  return ids.sort((a, b) => age(b) - age(a) || (a < b ? -1 : 1));
}

function tasteOf(own: Aspects, tastes: readonly Taste[]): number {
  return Math.max(0, ...tastes.map(({ centre }) => similarity(own, centre, MATTER_BLEND) ?? 0));
}

interface Fit {
  id: string;
  fit: number;
}

/** The titles that the rule says most of: how likely its labels are, and how little else there is. */
function fittest(
  { numbers }: RowRule,
  { labels, numbers: titles }: CatalogIndex,
  { ofLabel }: Shelving,
  shown: ReadonlySet<string>,
  count: number,
): Fit[] {
  const rows = numbers.map((number) => ofLabel[number]!).reduce((a, b) => (b.length < a.length ? b : a));
  const length = Math.hypot(...numbers.map((number) => labels.labels[number]!.rarity));
  const fits: Fit[] = [];
  const highest = new HighestScores(count);
  for (const row of rows) {
    // A title that went since the labels were counted has left its number to another, or to none.
    if (row >= titles.count) continue;
    const fit = fitOf(row, numbers, labels) / length;
    if (fit === 0 || fit < highest.lowest || shown.has(titles.idOf(row))) continue;
    fits.push({ id: titles.idOf(row), fit });
    highest.offer(fit);
  }
  return fits
    .filter(({ fit }) => fit >= highest.lowest)
    .sort((a, b) => b.fit - a.fit || (a.id < b.id ? -1 : 1))
    .slice(0, count);
}

/** √(product of the labels' probabilities) · cosine of the title's tags to the rule; 0 unless all are accepted. */
function fitOf(row: number, numbers: readonly number[], labels: LabelTable): number {
  let likely = 1;
  let focus = 0;
  for (const number of numbers) {
    if (!labels.isAccepted(row, number)) return 0;
    likely *= labels.probability(row, number);
    focus += labels.weight(row, number) * labels.labels[number]!.rarity;
  }
  return Math.sqrt(likely) * focus;
}
