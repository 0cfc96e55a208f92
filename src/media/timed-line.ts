/** One line of words with its time. Music signs, sound descriptions and speakers are kept apart from speech. */
export interface TimedLine {
  startSeconds: number;
  endSeconds: number;
  /** The words alone, markup removed, white space folded. */
  text: string;
  kind: 'SPEECH' | 'MUSIC' | 'SOUND';
  speaker: string | null;
}
