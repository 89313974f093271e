/** Reads records along buckets: of one series bucket by bucket, of several merged. */
import { last } from '#key'
import type { EngineIterator, Entry } from '#engine'
import type { ReadView } from '#storage'
import { startOf } from './aggregate.ts'
import { decodeValue, type SeriesValue } from './record-codec.ts'
import {
  afterPrefix,
  encodeTime,
  orderOf,
  parseRecordKey,
  seriesPrefix,
  seriesSpan,
} from './series-keys.ts'

export interface SeriesQuery {
  /** One of key, prefix and keyRange; none is all series. */
  key?: string
  prefix?: string
  /** `[gte, lt)` */
  keyRange?: { gte: string; lt: string }
  /** Milliseconds since 1970, in. */
  from?: number
  /** Milliseconds since 1970, not in. */
  to?: number
  limit?: number
  direction?: 'next' | 'prev'
}

export interface SeriesRecord {
  key: string
  at: number
  value: SeriesValue
  /** Infinity is never. */
  expiresAt: number
}

const chunk = 256

export function readRecords(
  view: ReadView,
  buckets: readonly number[],
  bucketMs: number,
  query: SeriesQuery,
): AsyncGenerator<SeriesRecord[]> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query
  const first = Number.isFinite(from) ? startOf(from, bucketMs) : from
  const wanted = buckets.filter((bucket) => bucket >= first && bucket < to)
  return query.key === undefined
    ? readMany(view, wanted, query, from, to)
    : readOne(view, wanted, query, query.key, from, to)
}

async function* readOne(
  view: ReadView,
  buckets: readonly number[],
  query: SeriesQuery,
  key: string,
  from: number,
  to: number,
): AsyncGenerator<SeriesRecord[]> {
  const reverse = query.direction === 'prev'
  const size = Math.max(1, Math.min(chunk, query.limit ?? chunk))
  for (const bucket of reverse ? buckets.toReversed() : buckets) {
    const prefix = seriesPrefix(bucket, key)
    const gte = prefix + encodeTime(from)
    const lt = to === Number.POSITIVE_INFINITY ? prefix + last : prefix + encodeTime(to)
    const iterator = view.iterate({ gte, lt, reverse, values: 'text' })
    try {
      for (;;) {
        const entries = await iterator.next(size)
        yield entries.map(toRecord)
        if (entries.length < size) break
      }
    } finally {
      await iterator.close()
    }
  }
}

interface Head {
  iterator: EngineIterator
  entries: Entry[]
  at: number
  order: string
  ended: boolean
}

/** Several series over several buckets: always the least of the buckets' next records. */
async function* readMany(
  view: ReadView,
  buckets: readonly number[],
  query: SeriesQuery,
  from: number,
  to: number,
): AsyncGenerator<SeriesRecord[]> {
  const reverse = query.direction === 'prev'
  const range = query.keyRange ?? { gte: query.prefix ?? '', lt: afterPrefix(query.prefix ?? '') }
  const heads: Head[] = []
  try {
    for (const bucket of buckets) {
      const iterator = view.iterate({ ...seriesSpan(bucket, range), reverse, values: 'text' })
      const head = { iterator, entries: [], at: -1, order: '', ended: false }
      heads.push(head)
      await advance(head)
    }
    let live = heads.filter(({ ended }) => !ended)
    let batch: SeriesRecord[] = []
    while (live.length > 0) {
      const least = live.reduce((a, b) =>
        (reverse ? b.order > a.order : b.order < a.order) ? b : a,
      )
      const record = toRecord(least.entries[least.at] as Entry)
      if (record.at >= from && record.at < to) batch.push(record)
      await advance(least)
      if (least.ended) live = live.filter(({ ended }) => !ended)
      if (batch.length < Math.min(chunk, query.limit ?? chunk)) continue
      yield batch
      batch = []
    }
    yield batch
  } finally {
    for (const { iterator } of heads) await iterator.close()
  }
}

function advance(head: Head): Promise<void> | undefined {
  head.at++
  const entry = head.entries[head.at]
  if (entry === undefined) return refill(head)
  head.order = orderOf(entry[0])
  return undefined
}

async function refill(head: Head): Promise<void> {
  head.entries = await head.iterator.next(64)
  head.at = 0
  const [first] = head.entries
  head.ended = first === undefined
  if (first !== undefined) head.order = orderOf(first[0])
}

function toRecord([key, text]: Entry): SeriesRecord {
  const { series, at } = parseRecordKey(key)
  return { key: series, at, ...decodeValue(text as string) }
}
