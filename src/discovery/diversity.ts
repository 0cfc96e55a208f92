/** One thing to choose among. */
export interface Candidate {
  id: string;
  /** How well it fits by itself. */
  score: number;
  /** What it stands for, where several are to be served in turn. */
  group: number;
}

export interface Choice extends Candidate {
  /** `score` less what was taken off for being like earlier choices. */
  value: number;
}

export interface ChoiceOptions {
  count: number;
  /** 0: by score alone. 1: as different from each other as can be. */
  diversity: number;
  /** What each group should get of the choices, summing to 1. */
  shares: readonly number[];
  /** How alike two candidates are, −1 … 1. */
  likeness(a: string, b: string): number;
}

/** What a group loses for each choice above its share, as a part of the list. */
const BALANCE = 1;

/**
 * Maximal marginal relevance (Carbonell & Goldstein 1998): again and again the candidate whose score, less its
 * likeness to what was chosen and its group's lead, is highest. Deductions only grow, so values never rise.
 */
export function choose(candidates: readonly Candidate[], options: ChoiceOptions): Choice[] {
  const { count, diversity, shares, likeness } = options;
  const open = candidates.map((candidate) => ({ candidate, nearest: 0 }));
  const taken = shares.map(() => 0);
  const chosen: Choice[] = [];
  const worthOf = ({ candidate, nearest }: (typeof open)[number]) => {
    const { group, score } = candidate;
    const lead = (taken[group]! * (1 - shares[group]!)) / count;
    return (1 - diversity) * score - diversity * nearest - BALANCE * lead;
  };
  while (chosen.length < count && open.length > 0) {
    let best = 0;
    let value = Number.NEGATIVE_INFINITY;
    open.forEach((entry, i) => {
      const own = worthOf(entry);
      if (own > value || (own === value && entry.candidate.id < open[best]!.candidate.id)) {
        best = i;
        value = own;
      }
    });
    const [{ candidate }] = open.splice(best, 1) as [(typeof open)[number]];
    chosen.push({ ...candidate, value });
    taken[candidate.group]!++;
    if (diversity === 0) continue;
    for (const entry of open) {
      entry.nearest = Math.max(entry.nearest, likeness(candidate.id, entry.candidate.id));
    }
  }
  return chosen;
}
