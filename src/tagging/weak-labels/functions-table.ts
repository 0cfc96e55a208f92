import type { Ballot } from './ballots.js';
import { accuracyOf, type LabelModel } from './label-model.js';

/** What one labelling function did and is worth. Shares are of all rows. */
export interface FunctionLine {
  name: string;
  /** Votes. */
  coverage: number;
  /** Votes where another function of the label votes too. */
  overlap: number;
  /** Votes against the vote of another. */
  conflict: number;
  /** The share of its votes that are right, as the label model estimates it from agreement. */
  accuracy: number;
  /** The same against labels that the model never saw; null where no row it votes on is labelled. */
  measured: { accuracy: number; rows: number } | null;
}

/** What the functions of one label came to. */
export interface LabelLines {
  label: string;
  /** Rows that at least one function votes on, that two do, and that two disagree on: shares of all rows. */
  coverage: number;
  overlap: number;
  conflict: number;
  /** Estimated share of rows with the label, and the share among labelled rows. */
  share: number;
  measuredShare: number | null;
  functions: FunctionLine[];
}

/** @param truth one a row: 1 it has the label, −1 it has not, 0 unknown */
export function labelLines(ballot: Ballot, model: LabelModel, truth: Int8Array): LabelLines {
  const width = ballot.functions.length;
  const rows = truth.length;
  const tallies = Array.from({ length: rows }, (_, i) =>
    tallyOf(ballot.votes.subarray(i * width, (i + 1) * width)),
  );
  const shareOf = (test: (tally: Tally, row: number) => boolean) =>
    rows === 0 ? 0 : tallies.filter(test).length / rows;
  const labelled = truth.filter((value) => value !== 0);
  return {
    label: ballot.label,
    coverage: shareOf(({ yes, no }) => yes + no > 0),
    overlap: shareOf(({ yes, no }) => yes + no > 1),
    conflict: shareOf(({ yes, no }) => yes > 0 && no > 0),
    share: model.share,
    measuredShare:
      labelled.length === 0 ? null : labelled.filter((value) => value > 0).length / labelled.length,
    functions: ballot.functions.map((name, j) => {
      const vote = (row: number) => ballot.votes[row * width + j]!;
      return {
        name,
        coverage: shareOf((_, i) => vote(i) !== 0),
        overlap: shareOf(({ yes, no }, i) => vote(i) !== 0 && yes + no > 1),
        conflict: shareOf(({ yes, no }, i) => (vote(i) > 0 ? no > 0 : vote(i) < 0 && yes > 0)),
        accuracy: accuracyOf(model.functions[j]!, model.share)!,
        measured: measuredAccuracy(truth, vote),
      };
    }),
  };
}

interface Tally {
  yes: number;
  no: number;
}

function tallyOf(votes: Int8Array): Tally {
  let yes = 0;
  let no = 0;
  for (const vote of votes) {
    if (vote > 0) yes++;
    else if (vote < 0) no++;
  }
  return { yes, no };
}

function measuredAccuracy(truth: Int8Array, vote: (row: number) => number): FunctionLine['measured'] {
  let right = 0;
  let rows = 0;
  truth.forEach((value, i) => {
    if (value === 0 || vote(i) === 0) return;
    rows++;
    if (vote(i) === value) right++;
  });
  return rows === 0 ? null : { accuracy: right / rows, rows };
}
