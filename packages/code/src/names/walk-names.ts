/** The names that fit a pattern, in the order of their bytes, from as many repositories as there are. */
import { unitsAtOnce } from './budget.ts'
import type { Budget } from './budget.ts'
import type { NamePattern } from './name-pattern.ts'
import { rangeOf } from './name-pattern.ts'
import { end } from './postings.ts'
import type { Postings } from './postings.ts'
import { compareNames, findPlace, nameAt, postingsOf } from './segment.ts'
import type { Segment } from './segment.ts'

export interface NameSource {
  readonly repository: string
  readonly segments: readonly Segment[]
  /** In so many of them a name may be. */
  readonly copies: number
}

export interface FoundName {
  readonly repository: string
  readonly name: string
  /** Whether it has more than ASCII. */
  readonly isWide: boolean
}

/** Names in order, and whether there are none behind them. */
export interface NamePart {
  readonly names: readonly FoundName[]
  readonly isLast: boolean
}

/** Where a walk begins: at this name, or behind it. */
export interface WalkStart {
  readonly name: string
  readonly isBehind: boolean
}

interface Head {
  readonly repository: string
  readonly segment: Segment
  readonly places: Places
  place: number
}

/**
 * Names of one repository that are in two of its segments come twice. Yields null where
 * others should be let go first; ends early when the budget is spent.
 */
export function* walkNames(
  sources: readonly NameSource[],
  pattern: NamePattern,
  start: WalkStart | null,
  budget: Budget,
): Generator<FoundName | null, void> {
  let heads: Head[] = []
  for (const { repository, segments } of sources)
    for (const segment of segments) {
      const places = new Places(segment, pattern, start, budget)
      const head = { repository, segment, places, place: -1 }
      if (yield* advance(head)) heads.push(head)
    }
  while (heads.length > 0) {
    if (budget.isSpent) return
    const head = leastOf(heads)
    const { repository, segment } = head
    yield { repository, name: nameAt(segment, head.place), isWide: segment.isWide }
    if (!(yield* advance(head))) heads = heads.filter((other) => other !== head)
  }
}

/** False: there is no more. */
function* advance(head: Head): Generator<null, boolean> {
  for (;;) {
    head.place = head.places.next()
    if (head.place !== paused) return head.place !== end
    yield null
  }
}

function leastOf(heads: readonly Head[]): Head {
  let least = heads[0] as Head
  for (const head of heads)
    if (compareNames(head.segment, head.place, least.segment, least.place) < 0) least = head
  return least
}

const paused = -1

/** The places of one segment that fit. Not a generator: that is several times slower where most of them do not. */
class Places {
  readonly #segment: Segment
  readonly #pattern: NamePattern
  readonly #budget: Budget
  readonly #rarest: Postings | undefined
  /** All there are: each is fast, and leaves fewer names to be read. */
  readonly #bits: readonly Postings[]
  readonly #list: Postings | undefined
  readonly #until: number
  #from: number

  constructor(segment: Segment, pattern: NamePattern, start: WalkStart | null, budget: Budget) {
    const [first, until] = rangeOf(segment, pattern.prefix)
    const lists = listsOf(segment, pattern.keys)
    const [rarest, ...others] = lists ?? []
    this.#segment = segment
    this.#pattern = pattern
    this.#budget = budget
    this.#rarest = rarest
    this.#bits = others.filter(({ isDense }) => isDense)
    this.#list = others.find(({ isDense }) => !isDense)
    this.#until = lists === null ? 0 : until
    this.#from = start === null ? first : Math.max(first, placeOf(segment, start))
  }

  /** `end` behind the last, `paused` where others should be let go first. */
  next(): number {
    const rarest = this.#rarest
    const list = this.#list
    let from = this.#from
    let units = 0
    for (;;) {
      const place = rarest === undefined ? from : rarest.next(from)
      if (place >= this.#until) return this.#stop(end, this.#until, units)
      if (units >= unitsAtOnce) return this.#stop(paused, place, units)
      from = place + 1
      units++
      if (!this.#hasBits(place) || (list !== undefined && !list.has(place))) continue
      units += 3
      if (this.#pattern.test(this.#segment, place)) return this.#stop(place, from, units)
    }
  }

  #hasBits(place: number): boolean {
    const bits = this.#bits
    for (let index = 0; index < bits.length; index++)
      if (!(bits[index] as Postings).has(place)) return false
    return true
  }

  #stop(answer: number, from: number, units: number): number {
    this.#from = from
    this.#budget.spend(units)
    return this.#budget.isSpent ? end : answer
  }
}

function placeOf(segment: Segment, { name, isBehind }: WalkStart): number {
  const key = Buffer.from(name)
  const place = findPlace(segment, key)
  return isBehind && place < segment.count && nameAt(segment, place) === name ? place + 1 : place
}

/** The rarest first; null where there is none of one. */
export function listsOf(segment: Segment, keys: ReadonlySet<number>): Postings[] | null {
  const lists: Postings[] = []
  for (const key of keys) {
    const list = postingsOf(segment, key)
    if (list === null) return null
    lists.push(list)
  }
  return lists.sort((one, other) => one.count - other.count)
}
