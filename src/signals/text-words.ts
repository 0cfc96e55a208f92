/**
 * Words that carry grammar rather than matter. They are left out because narration (synopses) and speech
 * (trailers) differ most in them, and a model that learns from the one would misread the other.
 */
const GRAMMAR = new Set(
  (
    'a an the and or but nor so yet if then than that this these those there here it its i you he she we they me him ' +
    'her us them my your his our their mine yours hers ours theirs myself yourself himself herself itself ourselves ' +
    'themselves who whom whose which what when where why how is am are was were be been being do does did doing done ' +
    'have has had having will would shall should can could may might must not no of to in on at by for from with ' +
    'without into onto upon about as up down out off over under again also just only very too s t d ll m re ve don ' +
    'didn doesn isn wasn aren weren won wouldn couldn shouldn hasn haven hadn ain im youre hes shes theyre weve ive ' +
    'youve gonna wanna gotta oh yeah uh um hey ok okay well because while until though although however both each ' +
    'any all some such same other another more most much many'
  ).split(' '),
);

/** Longest word that is kept, in characters; longer runs are file names and the like. */
const LONGEST_WORD = 24;

/**
 * The stems of the words of `text` that carry matter, in order: lower case, accents removed, punctuation and
 * numbers dropped, grammar words left out. Needs no punctuation or capitals, so a transcript reads like prose.
 */
export function contentWords(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[’'`]/g, '');
  const words: string[] = [];
  for (const word of plain.match(/[a-z]+/g) ?? []) {
    if (word.length > 1 && word.length <= LONGEST_WORD && !GRAMMAR.has(word)) words.push(stem(word));
  }
  return words;
}

/**
 * A light suffix stripper for English: plurals, -ed, -ing, -ly and -ness fall away where a stem with a vowel
 * remains; doubled consonants are undoubled. Deliberately weaker than Porter's (1980), for fewer pairs of
 * unrelated words under one stem.
 */
export function stem(word: string): string {
  let s = word;
  if (s.length > 4 && s.endsWith('ies')) s = `${s.slice(0, -3)}y`;
  else if (s.length > 4 && /(ss|sh|ch|x|z)es$/.test(s)) s = s.slice(0, -2);
  else if (s.length > 3 && s.endsWith('s') && !/(ss|us|is)$/.test(s)) s = s.slice(0, -1);
  if (s.length > 6 && s.endsWith('ness')) s = s.slice(0, -4);
  if (s.length > 5 && s.endsWith('ly')) s = s.slice(0, -2);
  for (const suffix of ['ing', 'ed']) {
    const root = s.slice(0, -suffix.length);
    if (s.endsWith(suffix) && root.length >= 3 && /[aeiouy]/.test(root)) {
      s = undouble(root);
      break;
    }
  }
  if (s.length > 4 && s.endsWith('e')) s = s.slice(0, -1);
  return s.length > 3 && s.endsWith('y') ? `${s.slice(0, -1)}i` : s;
}

function undouble(root: string): string {
  return /([bdfgmnprt])\1$/.test(root) ? root.slice(0, -1) : root;
}
