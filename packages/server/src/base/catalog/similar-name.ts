/** "Perhaps you meant …": the most similar of some names. */

/** The best of `names` with a similarity of at least `minScore` (0 … 1), or null. */
export function similarName(
  wanted: string,
  names: readonly string[],
  minScore: number,
): string | null {
  const text = wanted.toLowerCase()
  const wantedPairs = pairs(text)
  let best: string | null = null
  let bestScore = 0
  for (const name of names) {
    const candidate = name.toLowerCase()
    if (!pairs(candidate).some((pair) => wantedPairs.includes(pair))) continue
    const score = 1 - distance(text, candidate) / Math.max(text.length, candidate.length)
    if (score < minScore || score <= bestScore) continue
    best = name
    bestScore = score
  }
  return best
}

/** `pairs('abc')` → `['-a', 'ab', 'bc', 'c-']`; names without one in common are not compared. */
function pairs(text: string): string[] {
  const padded = `-${text}-`
  const found: string[] = []
  for (let at = 0; at + 2 <= padded.length; at++) found.push(padded.slice(at, at + 2))
  return found
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      row.push(
        Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + change),
      )
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
