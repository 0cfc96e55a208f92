import { FEWEST_WORDS } from '../quality.js';
import { drawTruth } from './aim.js';
import type { UnseenAnswers } from './calibrator.js';
import type { Excerpt } from './excerpts.js';

/** Calibrated answers, by models that never saw them, to texts of some lengths. */
export interface WordedAnswers {
  labels: number;
  /** rows × labels. */
  logOdds: Float32Array;
  /** rows × labels: 1 yes, −1 no, 0 unknown. */
  truth: Int8Array;
  /** One a row: words that carry matter. */
  words: Int32Array;
}

export interface Abstention {
  excerpts: number;
  /** Share of the labels accepted on excerpts that stays. */
  coverage: number;
  /** Share that is wrong: of all labels accepted on excerpts, of those that stay, of those accepted on whole texts. */
  risk: { all: number; kept: number; whole: number };
}

/**
 * The levels of a classifier that reads words alone, and what abstaining below them costs and saves.
 * @param calibrated its answers to the rows
 * @param lengths words of each row, the excerpts and the calibrated log-odds of those: excerpts × labels
 */
export function learnLevels(
  calibrated: UnseenAnswers,
  lengths: { rows: number[]; excerpts: readonly Excerpt[]; logOdds: Float32Array; thresholds: Float64Array },
): { leastWords: number[]; figures: Abstention } {
  const { labels, targets, logits, folds } = calibrated;
  const truth = drawTruth(targets, labels);
  const whole = { labels, logOdds: logits, truth, words: Int32Array.from(lengths.rows) };
  const excerpts = {
    ...{ labels, logOdds: lengths.logOdds },
    truth: Int8Array.from(lengths.logOdds, (_, at) => {
      const { row } = lengths.excerpts[Math.floor(at / labels)]!;
      return truth[row * labels + (at % labels)]!;
    }),
    words: Int32Array.from(lengths.excerpts, ({ words }) => words),
  };
  const excerptFolds = Uint8Array.from(lengths.excerpts, ({ row }) => folds[row]!);
  return {
    leastWords: leastWords(whole, excerpts, lengths.thresholds),
    figures: abstentionFigures(whole, excerpts, lengths.thresholds, { whole: folds, excerpts: excerptFolds }),
  };
}

/** How many accepted answers a label needs before its own level counts as much as that of all labels together. */
const SHRINKAGE = 30;
/** Standard deviations by which answers to few words have to fall short before it is no chance. */
const DEVIATIONS = 2;

/**
 * From how many words on each label is answered. What is accepted on a text has to be right at least half-way between
 * chance (how frequent the label is) and what the label's accepted answers to whole texts are. As a rising function
 * of the words, fitted by isotonic regression, reaches a level where the sums from below are least, the level is the one
 * that keeps the most right answers beyond half-way, as far as chance does not explain it. A label's own level is drawn, on a logarithmic scale, to that of all
 * labels together where few of its answers are accepted.
 * @param whole answers to whole texts @param excerpts and to parts of them
 * @param thresholds log-odds, one a label
 */
export function leastWords(
  whole: WordedAnswers,
  excerpts: WordedAnswers,
  thresholds: ArrayLike<number>,
): number[] {
  const own = Array.from({ length: whole.labels }, (_, label) =>
    marginsOf(whole, excerpts, thresholds, label),
  );
  const shared = Math.log(levelOf(own.flat()));
  return own.map((margins) => {
    const level =
      (margins.length * Math.log(levelOf(margins)) + SHRINKAGE * shared) / (margins.length + SHRINKAGE);
    return Math.round(Math.exp(level));
  });
}

/** An accepted answer: how far it lies above what was asked for, and how far it would lie off by chance, squared. */
interface Margin {
  words: number;
  value: number;
  variance: number;
}

/** Of one label's accepted answers to excerpts; none where nothing is accepted even on whole texts. */
function marginsOf(
  whole: WordedAnswers,
  excerpts: WordedAnswers,
  thresholds: ArrayLike<number>,
  label: number,
): Margin[] {
  const all = answersOf(whole, label);
  const accepted = all.filter(({ logOdds }) => logOdds >= thresholds[label]!);
  if (accepted.length === 0) return [];
  const chance = rightShare(all);
  const asked = chance + Math.max(0, rightShare(accepted) - chance) / 2;
  return answersOf(excerpts, label)
    .filter(({ logOdds }) => logOdds >= thresholds[label]!)
    .map(({ words, isRight }) => ({
      ...{ words, value: (isRight ? 1 : 0) - asked },
      variance: asked * (1 - asked),
    }));
}

/**
 * The fewest words of the answers that stay: where the sum of the margins below is least, deviations that chance explains
 * being taken off. Where no sum goes beyond those, all stay.
 */
function levelOf(margins: readonly Margin[]): number {
  const rising = margins.toSorted((a, b) => a.words - b.words);
  let sum = 0;
  let variance = 0;
  let least = 0;
  let level = FEWEST_WORDS;
  rising.forEach(({ words, ...margin }, i) => {
    sum += margin.value;
    variance += margin.variance;
    const shortfall = sum + DEVIATIONS * Math.sqrt(variance);
    const next = rising[i + 1]?.words ?? words + 1;
    if (next === words || shortfall >= least) return;
    least = shortfall;
    level = next;
  });
  return level;
}

/** Each fifth of the excerpts is judged by levels in which its rows had no part. */
export function abstentionFigures(
  whole: WordedAnswers,
  excerpts: WordedAnswers,
  thresholds: ArrayLike<number>,
  folds: { whole: Uint8Array; excerpts: Uint8Array },
): Abstention {
  const judged = [...new Set(folds.excerpts)].flatMap((fold) => {
    const levels = leastWords(
      someRows(whole, (row) => folds.whole[row] !== fold),
      someRows(excerpts, (row) => folds.excerpts[row] !== fold),
      thresholds,
    );
    return acceptedOf(
      someRows(excerpts, (row) => folds.excerpts[row] === fold),
      thresholds,
    ).map((answer) => ({ ...answer, isKept: answer.words >= levels[answer.label]! }));
  });
  const kept = judged.filter(({ isKept }) => isKept);
  return {
    excerpts: excerpts.words.length,
    coverage: kept.length / Math.max(1, judged.length),
    risk: {
      all: 1 - rightShare(judged),
      kept: 1 - rightShare(kept),
      whole: 1 - rightShare(acceptedOf(whole, thresholds)),
    },
  };
}

interface Answer {
  label: number;
  words: number;
  logOdds: number;
  isRight: boolean;
}

/** One label's answers whose truth is known. */
function answersOf({ labels, logOdds, truth, words }: WordedAnswers, label: number): Answer[] {
  return Array.from(words, (count, row) => ({ count, at: row * labels + label }))
    .filter(({ at }) => truth[at] !== 0)
    .map(({ count, at }) => ({ label, words: count, logOdds: logOdds[at]!, isRight: truth[at]! > 0 }));
}

function acceptedOf(answers: WordedAnswers, thresholds: ArrayLike<number>): Answer[] {
  return Array.from({ length: answers.labels }, (_, label) =>
    answersOf(answers, label).filter(({ logOdds }) => logOdds >= thresholds[label]!),
  ).flat();
}

/** Of nothing: none. */
function rightShare(answers: readonly Answer[]): number {
  return answers.filter(({ isRight }) => isRight).length / Math.max(1, answers.length);
}

function someRows(
  { labels, logOdds, truth, words }: WordedAnswers,
  wanted: (row: number) => boolean,
): WordedAnswers {
  const isWanted = (_: number, at: number) => wanted(Math.floor(at / labels));
  return {
    labels,
    logOdds: logOdds.filter(isWanted),
    truth: truth.filter(isWanted),
    words: words.filter((_, row) => wanted(row)),
  };
}
