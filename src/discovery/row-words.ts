/** How rows speak of labels: moods as adjectives, genres as nouns, themes behind "of" or "about". */
export const MOOD_WORDS: Record<string, string> = {
  'mood/dark': 'Dark',
  'mood/uplifting': 'Uplifting',
  'mood/intense': 'Intense',
  'mood/light': 'Light-hearted',
  'mood/suspenseful': 'Suspenseful',
  'mood/romantic': 'Romantic',
  'mood/melancholic': 'Melancholic',
  'mood/whimsical': 'Whimsical',
  'mood/eerie': 'Eerie',
  'mood/gritty': 'Gritty',
  'mood/surreal': 'Surreal',
  'mood/thoughtful': 'Thoughtful',
  'mood/satirical': 'Satirical',
  'mood/brutal': 'Brutal',
};

export const GENRE_WORDS: Record<string, string> = {
  'genre/action': 'action films',
  'genre/adventure': 'adventures',
  'genre/animation': 'animated films',
  'genre/biography': 'true lives',
  'genre/comedy': 'comedies',
  'genre/crime': 'crime films',
  'genre/documentary': 'documentaries',
  'genre/drama': 'dramas',
  'genre/family': 'family films',
  'genre/fantasy': 'fantasies',
  'genre/history': 'historical films',
  'genre/horror': 'horror films',
  'genre/musical': 'musicals',
  'genre/mystery': 'mysteries',
  'genre/noir': 'films noirs',
  'genre/romance': 'romances',
  'genre/science-fiction': 'science fiction',
  'genre/sport': 'sports films',
  'genre/thriller': 'thrillers',
  'genre/war': 'war films',
  'genre/western': 'westerns',
};

export const THEME_WORDS: Record<string, string> = {
  'theme/revenge': 'of revenge',
  'theme/family': 'about family',
  'theme/survival': 'of survival',
  'theme/friendship': 'about friendship',
  'theme/crime': 'of crime',
  'theme/good-versus-evil': 'of good versus evil',
  'theme/murder': 'of murder',
  'theme/love': 'of love',
  'theme/betrayal': 'of betrayal',
  'theme/coming-of-age': 'about coming of age',
  'theme/quest': 'of a quest',
  'theme/solitude': 'of solitude',
  'theme/madness': 'of madness',
  'theme/supernatural': 'of the supernatural',
  'theme/justice': 'about justice',
  'theme/power': 'of power',
  'theme/war': 'of war',
  'theme/other-worlds': 'of other worlds',
};

/** Labels that say nearly the same: a row of both would be a row of one. */
export const SAME_MATTER: readonly (readonly [string, string])[] = [
  ['genre/crime', 'theme/crime'],
  ['genre/war', 'theme/war'],
  ['genre/family', 'theme/family'],
  ['genre/romance', 'theme/love'],
  ['genre/romance', 'mood/romantic'],
  ['mood/romantic', 'theme/love'],
  ['genre/thriller', 'mood/suspenseful'],
  ['genre/comedy', 'mood/light'],
  ['genre/horror', 'mood/eerie'],
  ['genre/horror', 'mood/dark'],
  ['genre/action', 'mood/intense'],
  ['genre/adventure', 'theme/quest'],
  ['genre/fantasy', 'theme/other-worlds'],
  ['genre/mystery', 'theme/murder'],
];

/** A name in words for a row of one or two labels: "Dark tales of revenge". */
export function rowName(labels: readonly string[], nameOf: (label: string) => string): string {
  const mood = labels.find((label) => label.startsWith('mood/'));
  const genre = labels.find((label) => label.startsWith('genre/'));
  const theme = labels.find((label) => label.startsWith('theme/'));
  const adjective = mood && (MOOD_WORDS[mood] ?? nameOf(mood));
  const noun = genre ? (GENRE_WORDS[genre] ?? nameOf(genre).toLowerCase()) : theme ? 'tales' : 'films';
  const about = theme && (THEME_WORDS[theme] ?? `about ${nameOf(theme).toLowerCase()}`);
  const name = [adjective, noun, about].filter(Boolean).join(' ');
  return name.charAt(0).toUpperCase() + name.slice(1);
}
