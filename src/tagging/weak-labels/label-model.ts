/** What a labelling function says of one label on one row: it has it, it has it not, or nothing. */
export type Vote = 1 | -1 | 0;

/** How often a function votes no, abstains and votes yes on rows of one kind: three shares that sum to 1. */
export type VoteShares = [no: number, abstains: number, yes: number];

/** What was learned of one function. */
export interface FunctionModel {
  onLabelled: VoteShares;
  onOthers: VoteShares;
}

/** What was learned of one label from the votes alone. */
export interface LabelModel {
  /** Estimated share of the rows that have the label. */
  share: number;
  functions: FunctionModel[];
}

export interface LabelModelSettings {
  /** What the share of a label is held to before any vote is seen. */
  expectedShare: number;
  /** How many rows the expected share counts as, as a part of all rows. */
  shareWeight: number;
  /** How many rows the expectation that a function is `expectedOdds` good counts as, as a part of all rows. */
  functionWeight: number;
  /** A function's yes is expected this many times likelier on labelled rows than on others, its no as much less. */
  expectedOdds: number;
  /** How much of the functions' evidence counts in a probability. */
  trust: number;
}

const MOST_ROUNDS = 200;
const SETTLED = 1e-6;

/**
 * Learns how good each function is from where the functions agree, without one true label: the generative model of
 * data programming (Ratner et al. 2016, 2017) with functions that are independent given the label. A function has its
 * own shares of yes, no and abstention on rows with and without the label (Dawid & Skene 1979), so one that can only
 * say yes is modelled as well as one that always votes. Maximum a posteriori by expectation–maximisation, from a start
 * where every function is `expectedOdds` good: that start, and the prior, say which of the two clusters is the label.
 * @param votes rows × functions of `Vote`
 */
export function learnLabelModel(
  votes: Int8Array,
  functions: number,
  settings: LabelModelSettings,
): LabelModel {
  const patterns = votePatterns(votes, functions);
  const prior = priorOf(patterns, functions, settings);
  let model: LabelModel = { share: settings.expectedShare, functions: prior };
  let before: Float64Array | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const evidence = evidenceOf(model);
    const base = logOf(model.share);
    const posterior = Float64Array.from(patterns, ({ pattern }) => sigmoid(base + sumOf(evidence, pattern)));
    if (before && largestChange(before, posterior) < SETTLED) break;
    model = maximise(patterns, posterior, prior, settings);
    before = posterior;
  }
  return model;
}

/**
 * The probability of the label for each row, as the log-odds of its share plus `trust` times the functions' evidence.
 */
export function labelProbabilities(model: LabelModel, votes: Int8Array, trust: number): Float64Array {
  const functions = model.functions.length;
  const evidence = evidenceOf(model);
  const base = logOf(model.share);
  return Float64Array.from({ length: votes.length / functions }, (_, i) =>
    sigmoid(base + trust * sumOf(evidence, votes.subarray(i * functions, (i + 1) * functions))),
  );
}

/** The share of a function's votes that are right, in expectation under the model; null when it never votes. */
export function accuracyOf({ onLabelled, onOthers }: FunctionModel, share: number): number | null {
  const right = share * onLabelled[2] + (1 - share) * onOthers[0];
  const voted = propensityOf({ onLabelled, onOthers }, share);
  return voted === 0 ? null : right / voted;
}

/** The share of rows on which a function votes. */
export function propensityOf({ onLabelled, onOthers }: FunctionModel, share: number): number {
  return share * (1 - onLabelled[1]) + (1 - share) * (1 - onOthers[1]);
}

/** Rows that were voted on alike, counted once: the rounds then cost what differs, not what repeats. */
interface VotePattern {
  pattern: Int8Array;
  rows: number;
}

function votePatterns(votes: Int8Array, functions: number): VotePattern[] {
  const found = new Map<string, VotePattern>();
  for (let at = 0; at < votes.length; at += functions) {
    const pattern = votes.subarray(at, at + functions);
    const key = String.fromCharCode(...pattern.map((vote) => vote + 1));
    const known = found.get(key);
    if (known) known.rows++;
    else found.set(key, { pattern, rows: 1 });
  }
  return [...found.values()];
}

/** Each function as it votes over all rows, and on labelled rows by the expected odds. */
function priorOf(
  patterns: readonly VotePattern[],
  functions: number,
  { expectedOdds }: LabelModelSettings,
): FunctionModel[] {
  const all = voteCounts(patterns, new Float64Array(patterns.length).fill(1), functions);
  return all.map((counts) => {
    const onOthers = toShares(counts);
    const [no, abstains, yes] = onOthers;
    return { onLabelled: toShares([no / expectedOdds, abstains, yes * expectedOdds]), onOthers };
  });
}

function maximise(
  patterns: readonly VotePattern[],
  posterior: Float64Array,
  prior: readonly FunctionModel[],
  { expectedShare, shareWeight, functionWeight }: LabelModelSettings,
): LabelModel {
  const rows = patterns.reduce((sum, pattern) => sum + pattern.rows, 0);
  const labelled = patterns.reduce((sum, pattern, i) => sum + pattern.rows * posterior[i]!, 0);
  const yes = voteCounts(patterns, posterior, prior.length);
  const no = voteCounts(
    patterns,
    posterior.map((p) => 1 - p),
    prior.length,
  );
  const held = functionWeight * rows;
  return {
    share: (labelled + shareWeight * rows * expectedShare) / (rows + shareWeight * rows),
    functions: prior.map(({ onLabelled, onOthers }, j) => ({
      onLabelled: toShares(addShares(yes[j]!, onLabelled, held * expectedShare)),
      onOthers: toShares(addShares(no[j]!, onOthers, held * (1 - expectedShare))),
    })),
  };
}

/** How often each function says no, nothing and yes, a row counting by its weight. */
function voteCounts(
  patterns: readonly VotePattern[],
  weights: Float64Array,
  functions: number,
): VoteShares[] {
  const counts = Array.from({ length: functions }, (): VoteShares => [0, 0, 0]);
  patterns.forEach(({ pattern, rows }, i) => {
    const weight = rows * weights[i]!;
    for (let j = 0; j < functions; j++) counts[j]![pattern[j]! + 1]! += weight;
  });
  return counts;
}

/** A vote that was never cast on one kind of row is no proof that it cannot be: an even floor under every share. */
const FLOOR = 1e-9;

function toShares(counts: VoteShares): VoteShares {
  const total = counts[0] + counts[1] + counts[2] + 3 * FLOOR;
  return [(counts[0] + FLOOR) / total, (counts[1] + FLOOR) / total, (counts[2] + FLOOR) / total];
}

function addShares(counts: VoteShares, shares: VoteShares, weight: number): VoteShares {
  return [counts[0] + weight * shares[0], counts[1] + weight * shares[1], counts[2] + weight * shares[2]];
}

/** functions × 3: what a no, an abstention and a yes of each function add to the log-odds. */
function evidenceOf({ functions }: LabelModel): Float64Array {
  return Float64Array.from(
    functions.flatMap(({ onLabelled, onOthers }) =>
      onLabelled.map((share, vote) => Math.log(share / onOthers[vote]!)),
    ),
  );
}

function sumOf(evidence: Float64Array, votes: Int8Array): number {
  let sum = 0;
  for (let j = 0; j < votes.length; j++) sum += evidence[j * 3 + votes[j]! + 1]!;
  return sum;
}

function largestChange(before: Float64Array, after: Float64Array): number {
  return after.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i]!)), 0);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const logOf = (share: number) => Math.log(share / (1 - share));
