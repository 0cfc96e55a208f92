/**
 * How many rows have the label and how many have it not; a probability counts on both sides by its share.
 * @param targets rows × labels: 0 … 1, NaN unknown
 */
export function sidesOf(targets: Float32Array, labels: number, label: number): [number, number] {
  let yes = 0;
  let no = 0;
  for (let at = label; at < targets.length; at += labels) {
    if (Number.isNaN(targets[at]!)) continue;
    yes += targets[at]!;
    no += 1 - targets[at]!;
  }
  return [yes, no];
}

/** Log-odds of the label, one imagined row added on each side. */
export function priorOf(targets: Float32Array, labels: number, label: number): number {
  const [yes, no] = sidesOf(targets, labels, label);
  return Math.log((yes + 1) / (no + 1));
}
