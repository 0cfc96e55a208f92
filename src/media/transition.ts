/** Where one shot gives way to the next. */
export interface Transition {
  kind: 'CUT' | 'DISSOLVE' | 'FADE';
  /** The new shot's first frame; the middle of a dissolve. */
  seconds: number;
}
