/** "Perhaps you meant …": the most similar of some names. */

/**
 * Characters compared with characters, at most: 5 ms. What is asked for may be a URL long, and the names are those of all tables;
 * those that come behind are not suggested then.
 */
const mostComparisons = 1_000_000

/** The best of `names` with a similarity of at least `minScore` (0 … 1), or null. */
export function similarName(
  wanted: string,
  names: readonly string[],
  minScore: number,
): string | null {
  const text = wanted.toLowerCase()
  const wantedPairs = new Set(pairs(text))
  let best: string | null = null
  let bestScore = 0
  let comparisons = 0
  for (const name of names) {
    const candidate = name.toLowerCase()
    const longest = Math.max(text.length, candidate.length)
    const mostChanges = Math.floor(longest * (1 - Math.max(minScore, bestScore)) + 1e-9)
    if (Math.abs(text.length - candidate.length) > mostChanges) continue
    comparisons += candidate.length
    if (!pairs(candidate).some((pair) => wantedPairs.has(pair))) continue
    comparisons += candidate.length * Math.min(text.length, 2 * mostChanges + 1)
    if (comparisons > mostComparisons) return best
    const score = 1 - distance(text, candidate, mostChanges) / longest
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

/** Levenshtein distance; where it is more than `most`, some number above it: only the diagonals that close are looked at. */
function distance(a: string, b: string, most: number): number {
  let previous = new Uint32Array(a.length + 1).map((_, at) => at)
  let row = new Uint32Array(a.length + 1)
  const beyond = most + 1
  for (let i = 1; i <= b.length; i++) {
    const from = Math.max(1, i - most)
    const to = Math.min(a.length, i + most)
    row[from - 1] = from === 1 ? i : beyond
    for (let j = from; j <= to; j++) {
      const change = a.charCodeAt(j - 1) === b.charCodeAt(i - 1) ? 0 : 1
      const above = j === i + most ? beyond : (previous[j] ?? beyond)
      row[j] = Math.min((row[j - 1] ?? beyond) + 1, above + 1, (previous[j - 1] ?? beyond) + change)
    }
    const done = previous
    previous = row
    row = done
  }
  return previous[a.length] ?? beyond
}
