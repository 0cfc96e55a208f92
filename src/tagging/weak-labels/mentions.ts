import { contentWords } from '../../signals/text-words.js';

/** A word that carries matter, as a stem, and whether the sentence denies it ("not a comedy", "without violence"). */
export interface Mention {
  stem: string;
  denied: boolean;
}

/** Words that deny what follows them. */
const DENIALS = new Set(
  (
    'not no never without neither nor none nothing nobody cannot hardly barely lacks lack lacking instead ' +
    "don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't " +
    'dont doesnt didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt hasnt havent hadnt'
  ).split(' '),
);
/** Words after a denial that take it back: "not only a comedy", "no doubt", "no wonder". */
const NO_DENIAL = new Set(['only', 'just', 'merely', 'simply', 'doubt', 'wonder', 'matter']);
/** Words at which a denial ends within its sentence. */
const TURNS = new Set('but however although though except yet because who which that until'.split(' '));
/** How many words a denial reaches: the window of NegEx (Chapman et al. 2001), which this follows. */
const REACH = 5;

const TOKENS = /[a-z]+(?:'[a-z]+)?|[.,;:!?()\n]|--/g;

/** The mentions of `text` in order. Needs no capitals; a transcript without punctuation is bounded by the reach alone. */
export function mentionsOf(text: string): Mention[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[’`]/g, "'");
  const tokens = plain.match(TOKENS) ?? [];
  const mentions: Mention[] = [];
  let reach = 0;
  tokens.forEach((token, i) => {
    if (DENIALS.has(token)) {
      reach = NO_DENIAL.has(tokens[i + 1] ?? '') ? 0 : REACH;
      return;
    }
    if (!/[a-z]/.test(token) || TURNS.has(token)) {
      reach = 0;
      return;
    }
    for (const stem of stemsOf(token)) mentions.push({ stem, denied: reach > 0 });
    if (reach > 0) reach--;
  });
  return mentions;
}

/** `contentWords` of one token, remembered: a language has far fewer words than a catalog. */
function stemsOf(token: string): readonly string[] {
  let stems = remembered.get(token);
  if (!stems) {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    stems = contentWords(token);
    remembered.set(token, stems);
  }
  return stems;
}
const remembered = new Map<string, readonly string[]>();
const MOST_REMEMBERED = 200_000;
