/** Rollups: aggregates per interval, kept in the same commit as the records they are of. */
import { drive, failure, type Clock, type Steps } from '#kernel'
import { isConflict, type Storage, type StorageTransaction, type WriteView } from '#storage'
import { add, startOf, type Aggregate } from './aggregate.ts'
import type { Buckets } from './buckets.ts'
import { readRecords } from './read-records.ts'
import type { WriteRecord } from './record-codec.ts'
import { cellKey, cellTime, parseRecordKey, rollupRange } from './series-keys.ts'

export interface RollupDefinition {
  name: string
  intervalMs: number
  /** Series it is kept for; '' is all. */
  prefix?: string
}

export interface Cell extends Aggregate {
  key: string
  /** Start of the interval. */
  start: number
}

interface StoredRollup extends Required<RollupDefinition> {
  id: number
}

export type RecordOps = ReadonlyMap<string, { record: WriteRecord; text: string }>

const rollupsKey = 'TM'

export class Rollups {
  readonly #storage: Storage
  readonly #buckets: Buckets
  readonly #now: Clock
  #rollups: StoredRollup[]
  #nextId: number

  private constructor(
    storage: Storage,
    buckets: Buckets,
    now: Clock,
    stored: { rollups: StoredRollup[]; nextId: number },
  ) {
    this.#storage = storage
    this.#buckets = buckets
    this.#now = now
    this.#rollups = stored.rollups
    this.#nextId = stored.nextId
  }

  static async open(storage: Storage, buckets: Buckets, now: Clock): Promise<Rollups> {
    const text = (await storage.get(rollupsKey, 'text')) as string | undefined
    const stored =
      text === undefined
        ? { rollups: [], nextId: 1 }
        : (JSON.parse(text) as { rollups: StoredRollup[]; nextId: number })
    return new Rollups(storage, buckets, now, stored)
  }

  async define({ name, intervalMs, prefix = '' }: RollupDefinition): Promise<void> {
    if (!(intervalMs > 0))
      throw failure('invalid_option', {
        option: 'intervalMs',
        expected: 'a number above 0',
        got: String(intervalMs),
      })
    const known = this.#rollups.find((rollup) => rollup.name === name)
    if (known?.intervalMs === intervalMs && known.prefix === prefix) return
    if (known !== undefined) throw failure('rollup_conflict', { rollup: name })
    await this.#save(
      [...this.#rollups, { id: this.#nextId, name, intervalMs, prefix }],
      this.#nextId + 1,
    )
  }

  async #save(rollups: StoredRollup[], nextId: number): Promise<void> {
    this.#rollups = rollups
    this.#nextId = nextId
    await this.#storage.update((view) => view.set(rollupsKey, JSON.stringify({ rollups, nextId })))
  }

  async drop(name: string): Promise<void> {
    const { id } = this.#find(name)
    await this.#save(
      this.#rollups.filter((rollup) => rollup.id !== id),
      this.#nextId,
    )
    await this.#storage.clear(rollupRange(id))
  }

  #find(name: string): StoredRollup {
    const found = this.#rollups.find((rollup) => rollup.name === name)
    if (found !== undefined) return found
    throw failure('invalid_record', {
      problem: `there is no rollup "${name}"; define it with defineRollup`,
    })
  }

  async read(
    name: string,
    {
      key,
      from = Number.NEGATIVE_INFINITY,
      to = Number.POSITIVE_INFINITY,
    }: { key: string; from?: number; to?: number },
  ): Promise<Cell[]> {
    const { id } = this.#find(name)
    const view = this.#storage.snapshot()
    const iterator = view.iterate({
      gte: cellKey(id, key, from),
      lt: cellKey(id, key, to),
      values: 'text',
    })
    const cells: Cell[] = []
    for (;;) {
      const entries = await iterator.next(256)
      for (const [place, text] of entries)
        cells.push({ key, start: cellTime(place), ...decodeCell(text as string) })
      if (entries.length < 256) break
    }
    await iterator.close()
    await view.close()
    return cells
  }

  #of(series: string): StoredRollup[] {
    return this.#rollups.filter(({ prefix }) => series.startsWith(prefix))
  }

  /** Records, their buckets and their aggregates in one commit. A record that replaces another has its intervals counted anew. */
  async write(ops: RecordOps, note: (view: WriteView) => void): Promise<void> {
    const replaced = await this.#storage.update((view) => drive(this.#writeSteps(view, ops, note)))
    if (!replaced) return
    await this.#recounting(async (transaction) => {
      note(transaction)
      for (const [key, { text }] of ops) transaction.set(key, text)
      return [...ops.keys()]
    })
  }

  /** True when nothing was written, because a record was there already. */
  *#writeSteps(view: WriteView, ops: RecordOps, note: (view: WriteView) => void): Steps<boolean> {
    const cells = new Map<string, Aggregate>()
    for (const [key, { record }] of ops) {
      const rollups = this.#of(record.key)
      if (rollups.length === 0) continue
      if ((yield view.getText(key)) !== undefined) return true
      if (typeof record.value !== 'number') continue
      for (const { id, intervalMs } of rollups) {
        const place = cellKey(id, record.key, startOf(record.at, intervalMs))
        const stored = cells.has(place)
          ? undefined
          : ((yield view.getText(place)) as string | undefined)
        const before = cells.get(place) ?? (stored === undefined ? undefined : decodeCell(stored))
        cells.set(place, add(before, record.at, record.value))
      }
    }
    note(view)
    for (const [key, { text }] of ops) view.set(key, text)
    for (const [place, cell] of cells) view.set(place, encodeCell(cell))
    return false
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (this.#rollups.length === 0)
      return this.#storage.update((view) => {
        for (const key of keys) view.set(key, undefined)
      })
    await this.#recounting(async (transaction) => {
      for (const key of keys) transaction.set(key, undefined)
      return keys
    })
  }

  /** Runs work that changes records, then counts the intervals they lie in from what there is. */
  async #recounting(
    work: (transaction: StorageTransaction) => Promise<readonly string[]>,
  ): Promise<void> {
    for (;;) {
      const transaction = this.#storage.begin()
      try {
        const keys = await work(transaction)
        await this.#recount(transaction, keys)
        return await transaction.commit()
      } catch (error) {
        if (!isConflict(error)) throw error
      } finally {
        await transaction.abort()
      }
    }
  }

  async #recount(transaction: StorageTransaction, keys: readonly string[]): Promise<void> {
    const places = new Map<string, { series: string; start: number; intervalMs: number }>()
    for (const key of keys) {
      const { series, at } = parseRecordKey(key)
      for (const { id, intervalMs } of this.#of(series)) {
        const start = startOf(at, intervalMs)
        places.set(cellKey(id, series, start), { series, start, intervalMs })
      }
    }
    for (const [place, { series, start, intervalMs }] of places) {
      const cell = await this.#count(transaction, series, start, start + intervalMs)
      transaction.set(place, cell === undefined ? undefined : encodeCell(cell))
    }
  }

  async #count(
    transaction: StorageTransaction,
    key: string,
    from: number,
    to: number,
  ): Promise<Aggregate | undefined> {
    let cell: Aggregate | undefined
    const query = { key, from, to }
    for await (const records of readRecords(
      transaction,
      this.#buckets.list(),
      this.#buckets.widthMs,
      query,
    ))
      for (const { at, value, expiresAt } of records)
        if (typeof value === 'number' && expiresAt > this.#now()) cell = add(cell, at, value)
    return cell
  }
}

function encodeCell({ count, sum, min, max, first, firstAt, last, lastAt }: Aggregate): string {
  return JSON.stringify([count, sum, min, max, first, firstAt, last, lastAt])
}

function decodeCell(text: string): Aggregate {
  const [count, sum, min, max, first, firstAt, last, lastAt] = JSON.parse(text) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { count, sum, min, max, first, firstAt, last, lastAt }
}
