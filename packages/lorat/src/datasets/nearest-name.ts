/** A hint with the name that was probably meant in front of it, where one is near. */
export function withNearest(hint: string, name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? hint : `Did you mean ${nearest}? ${hint}`;
}

/** The candidate with the fewest edits to `name`, unless even those are more than half of it. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(name.length / 2) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(name, candidate, fewest);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance, or `limit` where it is not below it. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return Math.min(row[b.length]!, limit);
}
