/** A long vector with few numbers: `weights[i]` at place `terms[i]`, places rising; zero elsewhere. */
export interface SparseVector {
  terms: Uint32Array;
  weights: Float32Array;
}

/** In double precision. */
export function sparseDot(a: SparseVector, b: SparseVector): number {
  let sum = 0;
  let j = 0;
  for (let i = 0; i < a.terms.length; i++) {
    const term = a.terms[i]!;
    while (j < b.terms.length && b.terms[j]! < term) j++;
    if (b.terms[j] === term) sum += a.weights[i]! * b.weights[j]!;
  }
  return sum;
}

/** The direction of the mean of vectors of length 1; null for none. */
export function sparseMean(vectors: readonly SparseVector[]): SparseVector | null {
  const sums = new Map<number, number>();
  for (const { terms, weights } of vectors)
    for (const [i, term] of terms.entries()) sums.set(term, (sums.get(term) ?? 0) + weights[i]!);
  if (sums.size === 0) return null;
  const terms = Uint32Array.from(sums.keys()).sort();
  const weights = Float32Array.from(terms, (term) => sums.get(term)!);
  const length = Math.hypot(...weights);
  return { terms, weights: weights.map((weight) => weight / length) };
}

/** What each place adds to the inner product, by place; only those that both have. */
export function sparseProducts(a: SparseVector, b: SparseVector): Map<number, number> {
  const ofB = new Map(Array.from(b.terms, (term, i) => [term, b.weights[i]!]));
  return new Map(
    Array.from(a.terms, (term, i): [number, number] => [term, a.weights[i]! * (ofB.get(term) ?? 0)]).filter(
      ([, product]) => product > 0,
    ),
  );
}
