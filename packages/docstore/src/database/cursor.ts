/** Cursors: a stream along the documents or an index that never holds more than a chunk. */
import { decodeKey, decodeKeys, keyEnd, last } from '#key'
import {
  boundsOf,
  encodeScalar,
  encodeTuple,
  indexOf,
  indexPrefix,
  type Doc,
  type OpenStore,
  type StoredIndex,
} from '#document'
import { walk, type Found, type ReadContext, type WithContext } from '#query'
import type { CursorEntry, CursorOptions } from './types.ts'

export async function* openCursor(
  open: WithContext,
  storeOf: () => OpenStore,
  options: CursorOptions,
): AsyncGenerator<CursorEntry<Doc>> {
  const { context, done } = await open()
  try {
    const store = storeOf()
    const { index: name, direction = 'next', range } = options
    const reverse = direction.startsWith('prev')
    if (name === undefined) {
      const span = boundsOf(store.prefix, range, encodeScalar)
      for await (const found of steps(context, store, span, true, reverse))
        for (const { primaryKey, doc } of found) {
          const key = decodeKey(primaryKey)
          yield { key, primaryKey: key, doc }
        }
      return
    }
    const index = indexOf(store, name)
    const span = boundsOf(indexPrefix(index.id), range, encodeTuple)
    if (direction === 'prevunique') yield* uniqueBackwards(context, store, index, span)
    else yield* alongIndex(context, store, index, span, reverse, direction === 'nextunique')
  } finally {
    await done()
  }
}

const noCounts = () => ({ entriesRead: 0, documentsRead: 0 })
type Span = { gte: string; lt: string }

function steps(
  context: ReadContext,
  store: OpenStore,
  span: Span,
  isPrimary: boolean,
  reverse: boolean,
): AsyncGenerator<Found[]> {
  return walk(context, store, [span], isPrimary, { reverse, chunk: 64 }, noCounts())
}

async function* alongIndex(
  context: ReadContext,
  store: OpenStore,
  index: StoredIndex,
  span: Span,
  reverse: boolean,
  isUnique: boolean,
): AsyncGenerator<CursorEntry<Doc>> {
  let before: string | undefined
  for await (const found of steps(context, store, span, false, reverse))
    for (const one of found) {
      const values = valuesOf(index, one.entry)
      if (isUnique && values === before) continue
      before = values
      yield entryOf(index, values, one)
    }
}

/** Each key from the last to the first, with the first of its documents: steps back by key, looks ahead for the document. */
async function* uniqueBackwards(
  context: ReadContext,
  store: OpenStore,
  index: StoredIndex,
  span: Span,
): AsyncGenerator<CursorEntry<Doc>> {
  let { lt } = span
  for (;;) {
    const newest = await firstOf(
      walk(context, store, [{ gte: span.gte, lt }], false, { reverse: true, chunk: 1 }, noCounts()),
    )
    if (newest === undefined) return
    const values = valuesOf(index, newest.entry)
    const gte = indexPrefix(index.id) + values
    const first = await firstOf(
      walk(
        context,
        store,
        [{ gte, lt: gte + last }],
        false,
        { reverse: false, chunk: 1 },
        noCounts(),
      ),
    )
    if (first !== undefined) yield entryOf(index, values, first)
    lt = gte
  }
}

async function firstOf(found: AsyncGenerator<Found[]>): Promise<Found | undefined> {
  for await (const [first] of found) if (first !== undefined) return first
  return undefined
}

/** The encoded values of an entry, without prefix and primary key. */
function valuesOf(index: StoredIndex, entry: string): string {
  const from = indexPrefix(index.id).length
  let at = from
  for (let n = 0; n < index.fields.length; n++) at = keyEnd(entry, at)
  return entry.slice(from, at)
}

function entryOf(index: StoredIndex, values: string, { primaryKey, doc }: Found): CursorEntry<Doc> {
  const key =
    index.fields.length === 1 ? decodeKey(values) : decodeKeys(values, index.fields.length)
  return { key, primaryKey: decodeKey(primaryKey), doc }
}
