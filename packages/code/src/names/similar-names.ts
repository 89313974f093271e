/**
 * The names most similar to a pattern, as pg_trgm's similarity() has it: of the trigrams that one of them has, the share that
 * both have. A name that shares so many cannot lack all the rare ones: only lists of rare trigrams are read, and of the names
 * in them those are left at once that lack too many others.
 */
import { unitsAtOnce } from './budget.ts'
import type { Budget } from './budget.ts'
import { fold, isAscii } from './fold.ts'
import { end } from './postings.ts'
import type { Postings } from './postings.ts'
import { compareNames, nameAt, postingsOf } from './segment.ts'
import type { Segment } from './segment.ts'
import { trigramsOf } from './trigrams.ts'
import type { FoundName, NameSource } from './walk-names.ts'

export interface SimilarName extends FoundName {
  /** Null: of more than ASCII, whose trigrams are PostgreSQL's to say; it may be similar enough, or not. */
  readonly similarity: number | null
}

interface Candidate {
  readonly repository: string
  readonly segment: Segment
  readonly place: number
  readonly similarity: number
}

/** Of those with a similarity of null; more are left to PostgreSQL. */
const maxUnknown = 50

/**
 * At most so many, the most similar first, then by their bytes, and those of more than ASCII that may be among them. Null where
 * that cannot be told here: of patterns beyond ASCII, and when the budget is spent. Yields where others should be let go first.
 */
export function* similarNames(
  sources: readonly NameSource[],
  pattern: string,
  {
    threshold,
    want,
    budget,
  }: { readonly threshold: number; readonly want: number; readonly budget: Budget },
): Generator<null, readonly SimilarName[] | null> {
  if (!isAscii(pattern)) return null
  const keys = trigramsOf(fold(pattern), true, true)
  const best = new Best(want, threshold)
  const parts = sources.flatMap(({ repository, segments }) =>
    segments.map((segment) => ({ repository, segment })),
  )
  const searches = parts
    .filter(({ segment }) => !segment.isWide)
    .map(({ repository, segment }) => new SegmentSearch(repository, segment, keys, best, budget))
  // the shortest list of all first: the better the worst of the best, the less there is to read
  const steps = searches.flatMap((search) =>
    search.counts.map((count, index) => ({ search, count, index })),
  )
  steps.sort((one, other) => one.count - other.count)
  for (const { search, index } of steps) {
    if (search.isNeeded(index)) while (!search.readList(index)) yield null
    if (budget.isSpent) return null
  }
  const names: SimilarName[] = best.found.map(({ repository, segment, place, similarity }) => ({
    repository,
    name: nameAt(segment, place),
    isWide: false,
    similarity,
  }))
  const known = names.length
  for (const { repository, segment } of parts) {
    if (!segment.isWide) continue
    const places = yield* unknownPlaces(segment, keys, best.least, budget)
    if (places === null || names.length - known + places.length > maxUnknown) return null
    for (const place of places)
      names.push({ repository, name: nameAt(segment, place), isWide: true, similarity: null })
  }
  return names
}

/** Their lists have whatever may be a trigram of them: they share no more than that. */
function* unknownPlaces(
  segment: Segment,
  keys: ReadonlySet<number>,
  least: number,
  budget: Budget,
): Generator<null, number[] | null> {
  const needed = Math.max(1, Math.ceil(least * keys.size - 1e-4))
  const counts = new Uint16Array(segment.count)
  for (const key of keys) {
    const list = postingsOf(segment, key)
    if (list === null) continue
    budget.spend(list.count)
    if (budget.isSpent) return null
    if (list.count > unitsAtOnce) yield null
    for (let place = list.next(0); place !== end; place = list.next(place + 1))
      counts[place] = (counts[place] as number) + 1
  }
  const places: number[] = []
  for (const [place, count] of counts.entries()) if (count >= needed) places.push(place)
  return places
}

class Best {
  readonly found: Candidate[] = []
  readonly #want: number
  readonly #threshold: number
  /** What another one needs at least. */
  least: number

  constructor(want: number, threshold: number) {
    this.#want = want
    this.#threshold = threshold
    this.least = threshold
  }

  add(candidate: Candidate): void {
    if (candidate.similarity < this.#threshold) return
    const { found } = this
    let low = 0
    let high = found.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBetter(candidate, found[middle] as Candidate)) high = middle
      else low = middle + 1
    }
    if (low >= this.#want) return
    found.splice(low, 0, candidate)
    if (found.length > this.#want) found.pop()
    if (found.length === this.#want) this.least = (found.at(-1) as Candidate).similarity
  }
}

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.similarity !== other.similarity) return one.similarity > other.similarity
  return compareNames(one.segment, one.place, other.segment, other.place) < 0
}

/** For places that are looked at in one go: nothing waits in between. */
const room = new Uint32Array(unitsAtOnce)

class SegmentSearch {
  readonly #repository: string
  readonly #segment: Segment
  readonly #lists: readonly Postings[]
  readonly #wanted: number
  readonly #best: Best
  readonly #budget: Budget
  /** By the trigrams of a name: how many of them it has to share, as things stand. */
  #needs = new Uint16Array(0)
  #needsAreFor = -1
  /** Where the list that is read goes on. */
  #from = 0

  constructor(
    repository: string,
    segment: Segment,
    keys: ReadonlySet<number>,
    best: Best,
    budget: Budget,
  ) {
    this.#repository = repository
    this.#segment = segment
    this.#wanted = keys.size
    this.#best = best
    this.#budget = budget
    const lists: Postings[] = []
    for (const key of keys) {
      const list = postingsOf(segment, key)
      if (list !== null) lists.push(list)
    }
    this.#lists = lists.sort((one, other) => one.count - other.count)
  }

  /** How many names each list has, ascending. */
  get counts(): readonly number[] {
    return this.#lists.map(({ count }) => count)
  }

  /** Lists are read one after the other: what is in none of those before is in no more than are left. */
  isNeeded(index: number): boolean {
    this.#updateNeeds()
    return this.#lists.length - index >= (this.#needs[0] as number)
  }

  /** A part of it: true when it is through. Not a generator, which is several times slower. */
  readList(index: number): boolean {
    const lists = this.#lists
    const { sizes, minSize, postings } = this.#segment
    for (const list of lists) list.rewind()
    const list = lists[index] as Postings
    const later = lists.slice(index + 1)
    // bits are looked at here, and not by `has`: it is nearly all that a search does
    const starts = Int32Array.from(
      later.filter(({ isDense }) => isDense),
      ({ start }) => start,
    )
    const others = later.filter(({ isDense }) => !isDense)
    const most = lists.length - index
    const places = list.read(this.#from, room)
    for (let of = 0; of < places.length; of++) {
      const place = places[of] as number
      const spare = most - (this.#needs[(sizes[place] as number) - minSize] as number)
      if (spare < 0) continue
      const word = place >>> 5
      const bit = place & 31
      let missed = 0
      for (let at = 0; at < starts.length && missed <= spare; at++)
        missed += (~(postings[(starts[at] as number) + word] as number) >>> bit) & 1
      for (let at = 0; at < others.length && missed <= spare; at++)
        if (!(others[at] as Postings).has(place)) missed++
      if (missed <= spare) this.#add(index, place, most - missed)
    }
    this.#budget.spend(places.length)
    const isThrough = places.length < room.length
    this.#from = isThrough ? 0 : (places.at(-1) as number) + 1
    return isThrough || this.#budget.isSpent
  }

  #add(index: number, place: number, shared: number): void {
    // one that an earlier list has was looked at then
    for (let before = 0; before < index; before++)
      if ((this.#lists[before] as Postings).has(place)) return
    const size = this.#segment.sizes[place] as number
    // as PostgreSQL has it, with single precision
    const similarity = Math.fround(shared / (this.#wanted + size - shared))
    const candidate = { repository: this.#repository, segment: this.#segment, place, similarity }
    this.#best.add(candidate)
    this.#updateNeeds()
  }

  #updateNeeds(): void {
    const { least } = this.#best
    if (least === this.#needsAreFor) return
    const { minSize, maxSize } = this.#segment
    this.#needsAreFor = least
    if (this.#needs.length === 0) this.#needs = new Uint16Array(maxSize - minSize + 1)
    for (let size = minSize; size <= maxSize; size++)
      this.#needs[size - minSize] = Math.max(
        1,
        // a little less: nothing is lost to rounding
        Math.ceil((least * (this.#wanted + size)) / (1 + least) - 1e-4),
      )
  }
}
