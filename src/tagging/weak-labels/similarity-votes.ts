/** The share of the texts, those most similar to a label's descriptions, that the function gives the label. */
const SIMILAR = 0.1;
/** The share of the texts, those least similar, that it denies the label. */
const UNLIKE = 0.5;

/**
 * Votes by how similar each text is to one label's descriptions, beside the other texts at hand: what a similarity
 * is worth in itself differs from encoder to encoder.
 * @param similarities one a text; NaN where there is no text to compare: it abstains
 */
export function similarityVotes(similarities: Float32Array): Int8Array {
  const known = similarities.filter((value) => !Number.isNaN(value)).sort();
  const similar = known[Math.ceil(known.length * (1 - SIMILAR))] ?? Number.POSITIVE_INFINITY;
  const unlike = known[Math.floor(known.length * UNLIKE)] ?? Number.NEGATIVE_INFINITY;
  return Int8Array.from(similarities, (value) => {
    if (Number.isNaN(value)) return 0;
    if (value >= similar) return 1;
    return value < unlike ? -1 : 0;
  });
}
