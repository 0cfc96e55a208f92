import type { Ballot } from '../../src/tagging/weak-labels/ballots.js';
import { LABEL_MODEL } from '../../src/tagging/weak-labels/settings.js';

/** Votes that the expected share counts as, so that a single yes is no certainty. */
const PRIOR_VOTES = 2;

/** The share of yes among the votes on each row, smoothed towards the share that the label model expects too. */
export function majorityVote({ functions, votes }: Ballot): Float64Array {
  const width = functions.length;
  return Float64Array.from({ length: votes.length / width }, (_, i) => {
    const cast = votes.subarray(i * width, (i + 1) * width).filter((vote) => vote !== 0);
    const yes = cast.filter((vote) => vote > 0).length;
    return (yes + PRIOR_VOTES * LABEL_MODEL.expectedShare) / (cast.length + PRIOR_VOTES);
  });
}
