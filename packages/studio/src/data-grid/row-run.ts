/**
 * Rows without end: what of them is loaded is one unbroken run, made of pages by key. Going on reads the next page behind the
 * last row; a jump starts a new run where the planner thinks the place is, and the number of a row is then an estimate.
 */

export type Cursor = readonly (string | null)[]

export interface Page {
  readonly rows: readonly (readonly (string | null)[])[]
  /** Of each row what tells it from all others; empty where there is nothing. */
  readonly keys: readonly (readonly (string | null)[])[]
  /** [row, column] of values that are not whole. */
  readonly cut: readonly (readonly [number, number])[]
  readonly next: Cursor | null
  readonly previous: Cursor | null
  /** The number of its first row, where it is known. */
  readonly position: number | null
}

export interface PageAsk {
  readonly after?: Cursor
  readonly before?: Cursor
  readonly from?: 'start' | 'end' | { readonly fraction: number }
}

export interface LoadedRow {
  readonly values: readonly (string | null)[]
  readonly key: readonly (string | null)[] | null
  readonly cut: ReadonlySet<number> | null
}

interface Block {
  readonly rows: readonly LoadedRow[]
  readonly next: Cursor | null
  readonly previous: Cursor | null
}

export const pageRows = 200
const maxBlocks = 60

export interface RowRunOptions {
  readonly fetchPage: (ask: PageAsk, signal: AbortSignal) => Promise<Page>
  /** How many rows there are, about. */
  readonly estimate: number
  /** Something is there that was not, or failed. */
  readonly onChange: () => void
  /** The rows are found to be elsewhere by so many: what is looked at moves with them. */
  readonly onShift: (rows: number) => void
}

export class RowRun {
  readonly #options: RowRunOptions
  #blocks: Block[] = []
  #start = 0
  #count = 0
  #total: number
  #isExact = false
  #loading: AbortController | null = null
  error: unknown = null

  constructor(options: RowRunOptions) {
    this.#options = options
    this.#total = Math.max(0, options.estimate)
  }

  /** Rows there are, as far as is known. */
  get total(): number {
    return this.#total
  }

  get isExact(): boolean {
    return this.#isExact
  }

  get isLoading(): boolean {
    return this.#loading !== null
  }

  /** Whether anything was loaded, be it nothing. */
  get isOpen(): boolean {
    return this.#blocks.length > 0
  }

  row(index: number): LoadedRow | undefined {
    let at = index - this.#start
    if (at < 0 || at >= this.#count) return undefined
    for (const { rows } of this.#blocks) {
      if (at < rows.length) return rows[at]
      at -= rows.length
    }
    return undefined
  }

  /** Loads what is missing of `first` to `last`; one page after the other. */
  want(first: number, last: number): void {
    if (this.#loading !== null || this.error !== null) return
    const end = this.#start + this.#count
    const [head, tail] = [this.#blocks[0], this.#blocks.at(-1)]
    if (
      head === undefined ||
      tail === undefined ||
      first > end + pageRows ||
      last < this.#start - pageRows
    ) {
      void this.#load(this.#jump(first, last), 'jump', first)
    } else if (last >= end && tail.next !== null) {
      void this.#load({ after: tail.next }, 'after', first)
    } else if (first < this.#start && head.previous !== null) {
      void this.#load({ before: head.previous }, 'before', first)
    }
  }

  retry(): void {
    this.error = null
    this.#options.onChange()
  }

  close(): void {
    this.#loading?.abort()
  }

  #jump(first: number, last: number): PageAsk {
    if (first <= 0) return { from: 'start' }
    if (last >= this.#total - 1) return { from: 'end' }
    return { from: { fraction: first / this.#total } }
  }

  async #load(ask: PageAsk, how: 'jump' | 'after' | 'before', first: number): Promise<void> {
    const controller = (this.#loading = new AbortController())
    try {
      const page = await this.#options.fetchPage(ask, controller.signal)
      if (controller.signal.aborted) return
      this.#take(page, how, ask, first)
    } catch (error) {
      if (controller.signal.aborted) return
      this.error = error
    }
    this.#loading = null
    this.#options.onChange()
  }

  #take(page: Page, how: 'jump' | 'after' | 'before', ask: PageAsk, first: number): void {
    const block = blockOf(page)
    const { length } = block.rows
    if (how === 'after') this.#blocks.push(block)
    else if (how === 'before') {
      this.#blocks.unshift(block)
      this.#start -= length
    } else {
      this.#blocks = [block]
      this.#count = 0
      this.#start =
        ask.from === 'start' ? 0 : ask.from === 'end' ? Math.max(0, this.#total - length) : first
    }
    this.#count += length
    this.#settle()
    this.#trim(how)
  }

  /** What the ends of the run say about where it is. */
  #settle(): void {
    const [head, tail] = [this.#blocks[0], this.#blocks.at(-1)]
    const isAtStart = head?.previous === null
    const isAtEnd = tail?.next === null
    if (isAtStart ? this.#start !== 0 : this.#start <= 0) {
      // an estimate that was wrong: behind a start that is none there is room for a page
      const start = isAtStart ? 0 : pageRows
      const by = start - this.#start
      this.#start = start
      this.#total += Math.max(0, by)
      this.#options.onShift(by)
    }
    const end = this.#start + this.#count
    if (isAtEnd) {
      this.#total = end
      this.#isExact = isAtStart || this.#isExact
    } else if (end + pageRows > this.#total) this.#total = end + pageRows
  }

  /** Far from what is looked at, what was loaded is forgotten. */
  #trim(how: 'jump' | 'after' | 'before'): void {
    while (this.#blocks.length > maxBlocks) {
      const gone = how === 'before' ? this.#blocks.pop() : this.#blocks.shift()
      const { length } = gone?.rows ?? []
      this.#count -= length
      if (how !== 'before') this.#start += length
    }
  }
}

function blockOf({ rows, keys, cut, next, previous }: Page): Block {
  const cuts = new Map<number, Set<number>>()
  for (const [row, column] of cut) {
    const set = cuts.get(row) ?? new Set()
    cuts.set(row, set.add(column))
  }
  return {
    rows: rows.map((values, index) => ({
      values,
      key: keys[index] ?? null,
      cut: cuts.get(index) ?? null,
    })),
    next,
    previous,
  }
}
