/** Postgres notification channels. Payloads are ids; what they speak of is read from the tables. */
export const CHANNELS = {
  /** An analysis has a new event. */
  event: 'marquee_event',
  /** A running analysis was asked to stop. */
  cancel: 'marquee_cancel',
  /** A prediction was published. */
  prediction: 'marquee_prediction',
  /** A training or a re-tagging has a new event. */
  learning: 'marquee_learning',
  /** A running training or re-tagging was asked to stop. */
  stopLearning: 'marquee_learning_stop',
  /** Another classifier became the active one of a pack (the pack's id). */
  classifier: 'marquee_classifier',
  /** What discovery knows of some title is out of date. */
  title: 'marquee_title',
  /** Profiles were made (empty payload), or a title's is gone (its id). */
  profile: 'marquee_profile',
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
