/** Time series: records (series, time, value, expiry) on the engine of the database. */
import { failure, Histogram, show, type Clock } from '#kernel'
import type { Storage } from '#storage'
import { add, startOf, type Aggregate } from './aggregate.ts'
import { Buckets } from './buckets.ts'
import { decodeValue, encodeValue, type SeriesValue, type WriteRecord } from './record-codec.ts'
import { readRecords, type SeriesQuery, type SeriesRecord } from './read-records.ts'
import { Rollups, type Cell, type RollupDefinition } from './rollups.ts'
import { parseRecordKey, recordKey, seriesPrefix } from './series-keys.ts'
import { last } from '#key'

export interface SeriesOptions {
  now: Clock
  /** Width of a bucket: what is dropped as a whole. A day by default; fixed when the database is made. */
  bucketMs: number
  /** Records expire this long after their time; undefined: never. */
  ttlMs?: number | undefined
}

/** Figures since opening; durations in milliseconds. */
export interface SeriesStats {
  recordsWritten: number
  recordsRead: number
  buckets: number
  bucketsDropped: number
  pendingBytes: number
  writeMs: Quantiles
  queryMs: Quantiles
  flushMs: Quantiles
}

interface Quantiles {
  count: number
  p50: number
  p90: number
  p99: number
}

export class Series {
  readonly #storage: Storage
  readonly #options: SeriesOptions
  readonly #buckets: Buckets
  readonly #rollups: Rollups
  readonly #writeMs = new Histogram()
  readonly #queryMs = new Histogram()
  #recordsWritten = 0
  #recordsRead = 0

  private constructor(
    storage: Storage,
    options: SeriesOptions,
    buckets: Buckets,
    rollups: Rollups,
  ) {
    this.#storage = storage
    this.#options = options
    this.#buckets = buckets
    this.#rollups = rollups
  }

  /** Throws `invalid_option` when the database was made with other buckets. */
  static async open(storage: Storage, options: SeriesOptions): Promise<Series> {
    const buckets = await Buckets.open(storage, options.bucketMs)
    return new Series(storage, options, buckets, await Rollups.open(storage, buckets, options.now))
  }

  /** All of them or none. Waits while more is unwritten than `maxPendingBytes`. The last of two with one key and time wins. */
  async write(records: readonly WriteRecord[], options: { ttlMs?: number } = {}): Promise<void> {
    const started = performance.now()
    const ops = new Map<string, { record: WriteRecord; text: string }>()
    const expiries = new Map<number, number>()
    for (const record of records) {
      const bucket = this.#check(record)
      const expiresAt = this.#expiryOf(record, options.ttlMs)
      ops.set(recordKey(bucket, record.key, record.at), {
        record,
        text: encodeValue(record.value, expiresAt),
      })
      expiries.set(bucket, Math.max(expiries.get(bucket) ?? 0, expiresAt))
    }
    await this.#buckets.ready(expiries.keys())
    await this.#rollups.write(ops, (view) => this.#buckets.note(view, expiries))
    this.#recordsWritten += ops.size
    this.#writeMs.observe(performance.now() - started)
  }

  #check({ key, at }: WriteRecord): number {
    if (typeof key !== 'string' || key === '')
      throw failure('invalid_record', { problem: `a key is ${show(key)}; keys are texts` })
    if (!Number.isFinite(at))
      throw failure('invalid_record', {
        problem: `a time of "${key}" is ${show(at)}; times are milliseconds since 1970`,
      })
    return startOf(at, this.#options.bucketMs)
  }

  #expiryOf(record: WriteRecord, ttlMs = this.#options.ttlMs): number {
    return record.expiresAt ?? (ttlMs === undefined ? Number.POSITIVE_INFINITY : record.at + ttlMs)
  }

  /** The value at exactly this time. */
  async get(key: string, at: number): Promise<SeriesValue | undefined> {
    const bucket = startOf(at, this.#options.bucketMs)
    if (!this.#buckets.has(bucket)) return undefined
    const text = (await this.#storage.get(recordKey(bucket, key, at), 'text')) as string | undefined
    if (text === undefined) return undefined
    const { value, expiresAt } = decodeValue(text)
    return expiresAt > this.#options.now() ? value : undefined
  }

  /** The newest record of a series. */
  async getLatest(key: string): Promise<SeriesRecord | undefined> {
    const view = this.#storage.snapshot()
    try {
      for (const bucket of this.#buckets.list().toReversed()) {
        const gte = seriesPrefix(bucket, key)
        const iterator = view.iterate({ gte, lt: gte + last, reverse: true, values: 'text' })
        try {
          for (
            let entries = await iterator.next(1);
            entries[0] !== undefined;
            entries = await iterator.next(1)
          ) {
            const { value, expiresAt } = decodeValue(entries[0][1] as string)
            if (expiresAt > this.#options.now())
              return { key, at: parseRecordKey(entries[0][0]).at, value, expiresAt }
          }
        } finally {
          await iterator.close()
        }
      }
      return undefined
    } finally {
      await view.close()
    }
  }

  /** Streams records by series, then time: of one key, a prefix or a range of keys, within `[from, to)`. */
  async *scan(query: SeriesQuery = {}): AsyncGenerator<SeriesRecord> {
    const started = performance.now()
    const view = this.#storage.snapshot()
    let left = query.limit ?? Number.POSITIVE_INFINITY
    try {
      if (left <= 0) return
      for await (const records of readRecords(
        view,
        this.#buckets.list(),
        this.#options.bucketMs,
        query,
      ))
        for (const record of records) {
          if (record.expiresAt <= this.#options.now()) continue
          this.#recordsRead++
          yield record
          if (--left === 0) return
        }
    } finally {
      await view.close()
      this.#queryMs.observe(performance.now() - started)
    }
  }

  async query(query: SeriesQuery = {}): Promise<SeriesRecord[]> {
    const records: SeriesRecord[] = []
    for await (const record of this.scan(query)) records.push(record)
    return records
  }

  /** count, sum, min, max, first and last of the numbers in each interval, from the records themselves. */
  async *downsample(query: SeriesQuery & { intervalMs: number }): AsyncGenerator<Cell> {
    let cell: Cell | undefined
    for await (const { key, at, value } of this.scan(query)) {
      if (typeof value !== 'number') continue
      const start = startOf(at, query.intervalMs)
      if (cell !== undefined && (cell.key !== key || cell.start !== start)) {
        yield cell
        cell = undefined
      }
      cell = { key, start, ...add(cell as Aggregate | undefined, at, value) }
    }
    if (cell !== undefined) yield cell
  }

  /** Keeps an aggregate per interval from now on, along with every write; again without effect. Throws `rollup_conflict`. */
  defineRollup(definition: RollupDefinition): Promise<void> {
    return this.#rollups.define(definition)
  }

  /** Intervals of a rollup that begin within `[from, to)`; kept also when their records have expired. */
  rollup(name: string, query: { key: string; from?: number; to?: number }): Promise<Cell[]> {
    return this.#rollups.read(name, query)
  }

  dropRollup(name: string): Promise<void> {
    return this.#rollups.drop(name)
  }

  /** All of them or none. */
  async deleteMany(places: readonly { key: string; at: number }[]): Promise<void> {
    const keys = places.map(({ key, at }) =>
      recordKey(startOf(at, this.#options.bucketMs), key, at),
    )
    await this.#rollups.remove(keys)
  }

  /** Deletes what `query` finds, in one step; gives how many. */
  async deleteRange(query: Omit<SeriesQuery, 'limit' | 'direction'>): Promise<number> {
    const keys: string[] = []
    const view = this.#storage.snapshot()
    for await (const records of readRecords(
      view,
      this.#buckets.list(),
      this.#options.bucketMs,
      query,
    ))
      for (const { key, at } of records)
        keys.push(recordKey(startOf(at, this.#options.bucketMs), key, at))
    await view.close()
    await this.#rollups.remove(keys)
    return keys.length
  }

  /** Drops whole buckets that end at or before `time`, without reading them; gives how many. */
  dropBefore(time: number): Promise<number> {
    return this.#buckets.drop((bucket) => bucket + this.#options.bucketMs <= time)
  }

  /** Drops buckets all of whose records have expired, without reading them; gives how many. */
  gc(): Promise<number> {
    const now = this.#options.now()
    return this.#buckets.drop((_, expiresAt) => expiresAt <= now)
  }

  stats(): SeriesStats {
    return {
      recordsWritten: this.#recordsWritten,
      recordsRead: this.#recordsRead,
      buckets: this.#buckets.list().length,
      bucketsDropped: this.#buckets.dropped,
      pendingBytes: this.#storage.queue.pendingBytes,
      writeMs: quantiles(this.#writeMs),
      queryMs: quantiles(this.#queryMs),
      flushMs: quantiles(this.#storage.queue.groupMs),
    }
  }

  /** The same as Prometheus reads it. */
  metricsText(): string {
    const stats = this.stats()
    const counters = [
      ['records_written_total', 'counter', stats.recordsWritten],
      ['records_read_total', 'counter', stats.recordsRead],
      ['buckets', 'gauge', stats.buckets],
      ['buckets_dropped_total', 'counter', stats.bucketsDropped],
      ['pending_bytes', 'gauge', stats.pendingBytes],
    ] as const
    const lines = counters.flatMap(([name, type, value]) => [
      `# TYPE docstore_series_${name} ${type}`,
      `docstore_series_${name} ${value}`,
    ])
    for (const [name, histogram] of [
      ['write', this.#writeMs],
      ['query', this.#queryMs],
      ['flush', this.#storage.queue.groupMs],
    ] as const) {
      const metric = `docstore_series_${name}_duration_seconds`
      lines.push(`# TYPE ${metric} summary`)
      for (const share of [0.5, 0.9, 0.99])
        lines.push(`${metric}{quantile="${share}"} ${histogram.quantile(share) / 1000}`)
      lines.push(`${metric}_sum ${histogram.sumMs / 1000}`, `${metric}_count ${histogram.count}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function quantiles(histogram: Histogram): Quantiles {
  const { count } = histogram
  return {
    count,
    p50: histogram.quantile(0.5),
    p90: histogram.quantile(0.9),
    p99: histogram.quantile(0.99),
  }
}
