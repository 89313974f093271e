/** What stores and indexes have in common: reads by key and range. */
import { deserializeClone } from './clone.ts'
import { domError } from './dom-error.ts'
import { newCursor } from './idb-cursor.ts'
import { decodeKey, type Bounds } from './idb-key.ts'
import { IDBKeyRange, toBounds } from './idb-key-range.ts'
import { newRecord } from './idb-record.ts'
import type { IDBRequest } from './idb-request.ts'
import { isBinary } from '#key'
import {
  countRecords,
  findRecords,
  type Direction,
  type FoundRecord,
  type Source,
} from './records.ts'
import type { TransactionCore } from './transaction-core.ts'
import { enforceRange, maxUnsignedLong, requireArguments, toDictionary, toEnum } from './webidl.ts'

/** A handle's side of a source: who it is, and whether it may be used now. */
export interface SourceHandle {
  object: object
  source: Source
  transaction: TransactionCore
  /** The store or index is deleted. */
  isDeleted: () => boolean
}

const directions = ['next', 'nextunique', 'prev', 'prevunique'] as const

export function assertUsable({ isDeleted, transaction }: SourceHandle): void {
  if (isDeleted()) throw domError('InvalidStateError', 'The store or index was deleted.')
  transaction.assertActive()
}

export function getOne(handle: SourceHandle, args: IArguments, what: 'value' | 'key'): IDBRequest {
  requireArguments(args.length, 1)
  assertUsable(handle)
  const bounds = toBounds(args[0], false)
  return handle.transaction.place(handle.object, async (work) => {
    const options = { limit: 1, direction: 'next', values: what === 'value' } as const
    const [record] = await findRecords(work, handle.source, bounds, options)
    if (record === undefined) return undefined
    return what === 'value' ? valueOfRecord(record) : decodeKey(record.primaryKey)
  })
}

const valueOfRecord = (record: FoundRecord): unknown => deserializeClone(record.bytes as Uint8Array)

interface Many {
  bounds: Bounds
  limit: number
  direction: Direction
}

/** A query and a count, or the options of newer browsers. */
function toMany(queryOrOptions: unknown, count: unknown): Many {
  if (isQuery(queryOrOptions))
    return { bounds: toBounds(queryOrOptions, true), limit: toLimit(count), direction: 'next' }
  const options = toDictionary(queryOrOptions, 'options')
  const limit = options['count'] === undefined ? toLimit(count) : toLimit(options['count'])
  const direction =
    options['direction'] === undefined
      ? 'next'
      : toEnum(options['direction'], directions, 'IDBCursorDirection')
  return { bounds: toBounds(options['query'], true), limit, direction }
}

const isQuery = (value: unknown): boolean =>
  value instanceof IDBKeyRange ||
  typeof value !== 'object' ||
  value instanceof Date ||
  Array.isArray(value) ||
  isBinary(value)

function toLimit(count: unknown): number {
  const limit = count === undefined ? 0 : enforceRange(count, maxUnsignedLong, 'count')
  return limit === 0 ? Number.POSITIVE_INFINITY : limit
}

export function getMany(
  handle: SourceHandle,
  query: unknown,
  count: unknown,
  what: 'values' | 'keys' | 'records',
): IDBRequest {
  // the count is converted before anything is looked at, as an argument is
  const early = count === undefined ? 0 : enforceRange(count, maxUnsignedLong, 'count')
  assertUsable(handle)
  const { bounds, limit, direction } = toMany(query, early)
  return handle.transaction.place(handle.object, async (work) => {
    const found = await findRecords(work, handle.source, bounds, {
      limit,
      direction,
      values: what !== 'keys',
    })
    if (what === 'keys') return found.map(({ primaryKey }) => decodeKey(primaryKey))
    if (what === 'values') return found.map(valueOfRecord)
    return found.map((record) =>
      newRecord(decodeKey(record.key), decodeKey(record.primaryKey), valueOfRecord(record)),
    )
  })
}

export function countOf(handle: SourceHandle, query: unknown): IDBRequest {
  assertUsable(handle)
  const bounds = toBounds(query, true)
  return handle.transaction.place(handle.object, (work) =>
    countRecords(work, handle.source, bounds),
  )
}

export function openCursor(
  handle: SourceHandle,
  query: unknown,
  direction: unknown,
  withValue: boolean,
): IDBRequest {
  const wanted = toEnum(direction, directions, 'IDBCursorDirection')
  assertUsable(handle)
  const bounds = toBounds(query, true)
  return newCursor(handle, bounds, wanted, withValue)
}
