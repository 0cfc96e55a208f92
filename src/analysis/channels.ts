/** Postgres notification channels. Payloads are ids; what they speak of is read from the tables. */
export const CHANNELS = {
  /** An analysis has a new event. */
  event: 'marquee_event',
  /** A running analysis was asked to stop. */
  cancel: 'marquee_cancel',
  /** A prediction was published. */
  prediction: 'marquee_prediction',
  /** What discovery knows of some title is out of date. */
  title: 'marquee_title',
  /** Profiles were made (empty payload), or a title's is gone (its id). */
  profile: 'marquee_profile',
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
