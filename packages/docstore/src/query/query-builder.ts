/** `query('todos').whereEq('user_id', '1').orderBy('priority', 'desc').limit(3).collect()`. Immutable: each step gives a new query. */
import { failure, show } from '#kernel'
import type { Doc, KeyRange, OpenStore } from '#document'
import { encodeOperand, rangeFilter, type Filter } from './filter.ts'
import type { QuerySpec } from './plan-query.ts'
import { prepare, runQuery, type Explanation } from './run-query.ts'
import type { ReadContext } from './walk.ts'

/** Gives a consistent view for the time of one read. */
export type WithContext = () => Promise<{ context: ReadContext; done: () => Promise<void> }>

export class Query<T = Doc> {
  readonly #store: () => OpenStore
  readonly #name: string
  readonly #open: WithContext
  readonly #spec: QuerySpec

  constructor(
    name: string,
    store: () => OpenStore,
    open: WithContext,
    spec: QuerySpec = emptySpec,
  ) {
    this.#name = name
    this.#store = store
    this.#open = open
    this.#spec = spec
  }

  #with(change: Partial<QuerySpec>): Query<T> {
    return new Query<T>(this.#name, this.#store, this.#open, { ...this.#spec, ...change })
  }

  #filter(filter: Filter): Query<T> {
    return this.#with({ filters: [...this.#spec.filters, filter] })
  }

  /** Equal by value; a field may be a dotted path. `null` finds null, `undefined` finds absent. */
  whereEq(field: FieldOf<T>, value: unknown): Query<T> {
    return this.#filter({ kind: 'eq', field, value: encodeOperand(this.#name, field, value) })
  }

  /** `{ gte: 1, lt: 5 }`; a range with one bound finds values of that bound's type only. */
  whereRange(field: FieldOf<T>, range: KeyRange): Query<T> {
    return this.#filter(rangeFilter(this.#name, field, range))
  }

  whereIn(field: FieldOf<T>, values: readonly unknown[]): Query<T> {
    const encoded = values.map((value) => encodeOperand(this.#name, field, value))
    return this.#filter({ kind: 'in', field, values: encoded })
  }

  /** An element of the array in the field is equal: what a multi-entry index is for. */
  whereContains(field: FieldOf<T>, value: unknown): Query<T> {
    return this.#filter({ kind: 'contains', field, value: encodeOperand(this.#name, field, value) })
  }

  /** By the order of keys: absent, null, booleans, numbers, dates, strings, binary, arrays. Again for ties. */
  orderBy(field: FieldOf<T>, direction: 'asc' | 'desc' = 'asc'): Query<T> {
    if (direction !== 'asc' && direction !== 'desc')
      throw this.#invalid('a direction is asc or desc')
    return this.#with({ order: [...this.#spec.order, { field, direction }] })
  }

  /** After filters and order. */
  limit(count: number): Query<T> {
    return this.#with({ limit: this.#count('limit', count) })
  }

  /** After filters and order. */
  offset(count: number): Query<T> {
    return this.#with({ offset: this.#count('offset', count) })
  }

  /** Walks this index ('primary': the documents) instead of the one the planner would take. */
  using(index: string): Query<T> {
    return this.#with({ index })
  }

  #count(name: string, value: number): number {
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw this.#invalid(`${name} must be a whole number, 0 or more, not ${show(value)}`)
  }

  #invalid(problem: string): Error {
    return failure('invalid_query', { store: this.#name, problem })
  }

  async collect(): Promise<T[]> {
    const rows: T[] = []
    for await (const row of this) rows.push(row)
    return rows
  }

  async first(): Promise<T | undefined> {
    return (await this.limit(Math.min(1, this.#spec.limit ?? 1)).collect())[0]
  }

  async count(): Promise<number> {
    return (await this.explain()).rows
  }

  /** Runs the query and says how: the index, and how many entries and documents were read. */
  async explain(): Promise<Explanation> {
    const { context, done } = await this.#open()
    try {
      const store = this.#store()
      const counts = { entriesRead: 0, documentsRead: 0 }
      const prepared = prepare(context, store, this.#spec)
      let rows = 0
      for await (const part of runQuery(context, store, this.#spec, prepared, counts))
        rows += part.length
      const { index, walk, equalities, ordered } = prepared.plan
      const order = this.#spec.order.length === 0 ? 'none' : ordered ? 'index' : 'sort'
      return { store: this.#name, index, walk, equalities, order, ...counts, rows }
    } finally {
      await done()
    }
  }

  /** Streams rows, of one consistent state, chunk by chunk. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    const { context, done } = await this.#open()
    try {
      const store = this.#store()
      const prepared = prepare(context, store, this.#spec)
      const counts = { entriesRead: 0, documentsRead: 0 }
      for await (const part of runQuery(context, store, this.#spec, prepared, counts))
        yield* part as T[]
    } finally {
      await done()
    }
  }
}

/** Names of the document's fields, or a dotted path. */
// oxlint-disable-next-line typescript/ban-types
export type FieldOf<T> = (keyof T & string) | (string & {})

const emptySpec: QuerySpec = {
  filters: [],
  order: [],
  limit: undefined,
  offset: 0,
  index: undefined,
}
