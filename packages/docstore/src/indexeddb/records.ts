/** Records of stores and indexes in a transaction: storing, deleting, finding. https://w3c.github.io/IndexedDB/#database-operations */
import { encodeKey, keyEnd, last } from '#key'
import type { Entry } from '#engine'
import type { StorageTransaction } from '#storage'
import { deserializeClone, serializeClone, serializeNow } from './clone.ts'
import { domError } from './dom-error.ts'
import { convertKey, convertMultiEntry, spanOf, type Bounds } from './idb-key.ts'
import { evaluate, inject } from './key-path.ts'
import {
  generatorKey,
  indexPrefix,
  storePrefix,
  type DatabaseMeta,
  type IndexMeta,
  type StoreMeta,
} from './metadata.ts'

/** Keys of generators end here: 2^53. */
const lastNumber = 2 ** 53
const usedUp = 'used up'
const following = (number: number): string => (number >= lastNumber ? usedUp : String(number + 1))

/** What requests of a transaction work on. `changes` counts writes, so that what was read ahead is known to be old. */
export interface Work {
  storage: StorageTransaction
  database: DatabaseMeta
  changes: number
}

export type Source = { store: StoreMeta; index: IndexMeta | undefined }
/** A record found: its key in the source, its primary key, its value's bytes where asked for. */
export interface FoundRecord {
  key: string
  primaryKey: string
  bytes: Uint8Array | undefined
}

export const prefixOf = (work: Work, { store, index }: Source): string =>
  index === undefined
    ? storePrefix(work.database.id, store.id)
    : indexPrefix(work.database.id, index.id)

function set(work: Work, key: string, value: string | Uint8Array | undefined): void {
  work.changes++
  work.storage.set(key, value)
}

async function entriesOf(
  work: Work,
  gte: string,
  lt: string,
  values: 'bytes' | 'none' = 'none',
): Promise<Entry[]> {
  const iterator = work.storage.iterate({ gte, lt, values })
  const entries: Entry[] = []
  for (;;) {
    const found = await iterator.next(256)
    entries.push(...found)
    if (found.length < 256) break
  }
  await iterator.close()
  return entries
}

/** A key of the generator, and what it then has to store: `ConstraintError` once its numbers are used up. */
async function generate(work: Work, store: StoreMeta): Promise<Generated> {
  const stored = (await work.storage.getText(generatorKey(work.database.id, store.id))) ?? '1'
  if (stored === usedUp) throw domError('ConstraintError', 'The key generator has reached 2^53.')
  const number = Number(stored)
  return { number, generator: following(number) }
}

interface Generated {
  number: number
  generator: string
}

/** A number used as a key raises the generator: what it has to store, or undefined where it is above already. */
async function raised(work: Work, store: StoreMeta, used: number): Promise<string | undefined> {
  const stored = (await work.storage.getText(generatorKey(work.database.id, store.id))) ?? '1'
  const floor = Math.floor(Math.min(used, lastNumber))
  return stored !== usedUp && floor >= Number(stored) ? following(floor) : undefined
}

export interface PutArguments {
  store: StoreMeta
  value: unknown
  /** Encoded; undefined is to be generated. */
  key: string | undefined
  /** The key as a number, where it is one. */
  number: number | undefined
  noOverwrite: boolean
}

/** Stores a record and its index records; gives the encoded key. */
export async function storeRecord(
  work: Work,
  { store, value, key, number, noOverwrite }: PutArguments,
): Promise<string> {
  let primaryKey = key
  let generator: string | undefined
  if (primaryKey === undefined) {
    const generated = await generate(work, store)
    primaryKey = encodeKey(generated.number) as string
    generator = generated.generator
    if (typeof store.keyPath === 'string') inject(value as object, store.keyPath, generated.number)
  } else if (store.autoIncrement && number !== undefined)
    generator = await raised(work, store, number)
  const place = storePrefix(work.database.id, store.id) + primaryKey
  const isNew = (await work.storage.getBytes(place)) === undefined
  if (!isNew && noOverwrite) throw domError('ConstraintError', 'There is a record with this key.')
  const added: [IndexMeta, string[]][] = [...store.live].map((index) => [
    index,
    indexKeys(index, value),
  ])
  const bytes = serializeNow(value) ?? (await serializeClone(value))
  for (const [index, keys] of added) await assertUnique(work, index, keys, primaryKey)
  // nothing can fail any more: a refused record leaves no trace, also not in the generator
  if (generator !== undefined) set(work, generatorKey(work.database.id, store.id), generator)
  if (!isNew) await deleteRecord(work, store, primaryKey)
  set(work, place, bytes)
  for (const [index, keys] of added)
    for (const one of keys)
      set(work, indexPrefix(work.database.id, index.id) + one + primaryKey, '')
  return primaryKey
}

/** Keys of a value in an index; none where the path finds no valid key. */
export function indexKeys(index: IndexMeta, value: unknown): string[] {
  const found = evaluate(value, index.keyPath)
  if (found === undefined) return []
  try {
    if (index.multiEntry) return convertMultiEntry(found)
    const key = convertKey(found)
    return key === undefined ? [] : [key]
  } catch {
    return []
  }
}

async function assertUnique(
  work: Work,
  index: IndexMeta,
  keys: readonly string[],
  primaryKey: string,
): Promise<void> {
  if (!index.unique) return
  for (const key of keys) {
    const prefix = indexPrefix(work.database.id, index.id) + key
    const held = await entriesOf(work, prefix, prefix + last)
    if (held.some(([entry]) => entry !== prefix + primaryKey))
      throw domError('ConstraintError', `Index "${index.name}" is unique and has this key.`)
  }
}

async function deleteRecord(work: Work, store: StoreMeta, primaryKey: string): Promise<void> {
  const place = storePrefix(work.database.id, store.id) + primaryKey
  if (store.live.size > 0) {
    const bytes = await work.storage.getBytes(place)
    const value = bytes === undefined ? undefined : deserializeClone(bytes)
    for (const index of store.live)
      for (const key of indexKeys(index, value))
        set(work, indexPrefix(work.database.id, index.id) + key + primaryKey, undefined)
  }
  set(work, place, undefined)
}

export async function deleteRecords(work: Work, store: StoreMeta, bounds: Bounds): Promise<void> {
  const prefix = storePrefix(work.database.id, store.id)
  const { gte, lt } = spanOf(prefix, bounds)
  for (const [key] of gte < lt ? await entriesOf(work, gte, lt) : [])
    await deleteRecord(work, store, key.slice(prefix.length))
}

export async function clearStore(work: Work, store: StoreMeta): Promise<void> {
  const prefixes = [storePrefix(work.database.id, store.id)]
  for (const index of store.live) prefixes.push(indexPrefix(work.database.id, index.id))
  for (const prefix of prefixes)
    for (const [key] of await entriesOf(work, prefix, prefix + last)) set(work, key, undefined)
}

/** Fills a new index: `ConstraintError` where it is unique and the records are not. */
export async function populateIndex(work: Work, store: StoreMeta, index: IndexMeta): Promise<void> {
  const prefix = storePrefix(work.database.id, store.id)
  for (const [place, bytes] of await entriesOf(work, prefix, prefix + last, 'bytes')) {
    const primaryKey = place.slice(prefix.length)
    const keys = indexKeys(index, deserializeClone(bytes as Uint8Array))
    await assertUnique(work, index, keys, primaryKey)
    for (const key of keys)
      set(work, indexPrefix(work.database.id, index.id) + key + primaryKey, '')
  }
  store.live.add(index)
}

export type Direction = 'next' | 'nextunique' | 'prev' | 'prevunique'

/** Records of a source within bounds, at most `limit`, in a direction. */
export async function findRecords(
  work: Work,
  source: Source,
  bounds: Bounds,
  options: { limit: number; direction: Direction; values: boolean },
): Promise<FoundRecord[]> {
  const { direction, limit, values } = options
  const prefix = prefixOf(work, source)
  const { gte, lt } = spanOf(prefix, bounds)
  if (gte >= lt) return []
  if (source.index === undefined && bounds.lower !== undefined && bounds.lower === bounds.upper)
    return findPoint(work, source, bounds.lower)
  const reverse = direction.startsWith('prev')
  const isStore = source.index === undefined
  const iterator = work.storage.iterate({
    gte,
    lt,
    reverse,
    values: isStore && values ? 'bytes' : 'none',
  })
  const found: FoundRecord[] = []
  const chunk = Math.min(256, limit)
  try {
    for (;;) {
      const entries = await iterator.next(chunk)
      for (const [entry, bytes] of entries)
        takeRecord(
          found,
          isStore
            ? recordOf(entry.slice(prefix.length), bytes)
            : indexRecordOf(entry.slice(prefix.length)),
          direction,
          isStore,
        )
      if (found.length >= limit && direction !== 'prevunique') break
      // the first of a key comes last when going back: one more key must have begun
      if (found.length > limit || entries.length < chunk) break
    }
  } finally {
    await iterator.close()
  }
  const wanted = found.slice(0, limit)
  if (!isStore && values)
    for (const record of wanted) record.bytes = await valueOf(work, source, record.primaryKey)
  return wanted
}

/** One record by its key: ten times faster than a walk of one step. */
async function findPoint(work: Work, source: Source, key: string): Promise<FoundRecord[]> {
  const bytes = await valueOf(work, source, key)
  return bytes === undefined ? [] : [{ key, primaryKey: key, bytes }]
}

function takeRecord(
  found: FoundRecord[],
  record: FoundRecord,
  direction: Direction,
  isStore: boolean,
): void {
  const before = found.at(-1)
  if (!isStore && before?.key === record.key) {
    if (direction === 'nextunique') return
    if (direction === 'prevunique') found.pop()
  }
  found.push(record)
}

const recordOf = (key: string, bytes: unknown): FoundRecord => ({
  key,
  primaryKey: key,
  bytes: bytes instanceof Uint8Array ? bytes : undefined,
})

export function indexRecordOf(entry: string): FoundRecord {
  const end = keyEnd(entry, 0)
  return { key: entry.slice(0, end), primaryKey: entry.slice(end), bytes: undefined }
}

export async function valueOf(
  work: Work,
  { store }: Source,
  primaryKey: string,
): Promise<Uint8Array | undefined> {
  return work.storage.getBytes(storePrefix(work.database.id, store.id) + primaryKey)
}

export async function countRecords(work: Work, source: Source, bounds: Bounds): Promise<number> {
  const { gte, lt } = spanOf(prefixOf(work, source), bounds)
  return gte < lt ? (await entriesOf(work, gte, lt)).length : 0
}
