import { lengthUnit, type TextLengths, textLengths } from './text-lengths.js';

/** What of a text, beside its words, says something of its labels. In deviations from the texts learned from. */
export interface TextShape {
  /** u: of ln(1 + words that carry matter). */
  length: number;
  /** v: of ln(1 + paragraphs); 0 where lines are none. */
  paragraphs: number;
}

/** What a text's shape is measured by. */
export interface ShapeScale {
  length: TextLengths;
  /** Of the texts learned from that have paragraphs; null where none has. */
  paragraphs: TextLengths | null;
}

/** Words that carry matter and paragraphs of a text. */
export interface TextSize {
  words: number;
  paragraphs: number;
}

/**
 * Words that carry matter from which on a line is a paragraph. A line of subtitles has about six, so a transcript has no
 * paragraphs, and what is learned of those of synopses does not bend what is said of it.
 */
export const PARAGRAPH_WORDS = 20;

/** A text that is no paragraph and has none, of usual length. */
export const USUAL_SHAPE: TextShape = { length: 0, paragraphs: 0 };

export function shapeScale(sizes: readonly TextSize[]): ShapeScale {
  const parted = sizes.filter(({ paragraphs }) => paragraphs > 0);
  return {
    length: textLengths(sizes.map(({ words }) => words)),
    paragraphs: parted.length > 0 ? textLengths(parted.map(({ paragraphs }) => paragraphs)) : null,
  };
}

export function shapeOf({ words, paragraphs }: TextSize, scale: ShapeScale): TextShape {
  return {
    length: lengthUnit(words, scale.length),
    paragraphs: paragraphs > 0 && scale.paragraphs ? lengthUnit(paragraphs, scale.paragraphs) : 0,
  };
}
