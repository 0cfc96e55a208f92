/** Postgres notification channels. Payloads are ids; what they speak of is read from the tables. */
export const CHANNELS = {
  /** An analysis has a new event. */
  event: 'marquee_event',
  /** A running analysis was asked to stop. */
  cancel: 'marquee_cancel',
  /** A prediction was published. */
  prediction: 'marquee_prediction',
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
