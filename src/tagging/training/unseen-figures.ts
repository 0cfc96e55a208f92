import { f1, meanAveragePrecision, type Scored } from '../measure.js';
import { drawTruth } from './aim.js';
import type { UnseenAnswers } from './calibrator.js';

/** What a classifier is worth on its training rows, each answered by models that never saw it. */
export function unseenFigures(
  { labels, logits, targets }: UnseenAnswers,
  thresholds: Float64Array,
): { microF1: number; macroF1: number; mAP: number } {
  const scored: Scored = { labels, scores: logits, truth: drawTruth(targets, labels) };
  const { micro, macro } = f1(scored, thresholds);
  return { microF1: micro, macroF1: macro, mAP: meanAveragePrecision(scored) };
}
