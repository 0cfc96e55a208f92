/** A cue as a format gives it: text still with markup. */
export interface RawCue {
  startSeconds: number;
  endSeconds: number;
  text: string;
  /** Where the format names who speaks. */
  speaker: string | null;
  /** Line number in the file, counted from 1. */
  lineNumber: number;
}
