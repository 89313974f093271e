/** Removes documents whose time is over, soonest first, by the entries their writes left. */
import { encodeIndexed, keyEnd, last } from '#key'
import {
  decodeDocument,
  expiryPrefix,
  isLive,
  removeDocument,
  type Catalog,
  type OpenStore,
} from '#document'
import type { Storage } from '#storage'

/** Documents a commit: others' writes come in between. */
const step = 200

export async function sweepExpired(
  storage: Storage,
  catalog: Catalog,
  now: () => number,
  isClosing: () => boolean,
): Promise<number> {
  let removed = 0
  for (;;) {
    const entries = isClosing() ? [] : await dueEntries(storage, now())
    removed += await removeDue(storage, catalog, entries, now())
    if (entries.length < step) return removed
  }
}

async function dueEntries(storage: Storage, now: number): Promise<string[]> {
  const view = storage.snapshot()
  const range = { gte: expiryPrefix, lt: expiryPrefix + encodeIndexed(now) + last }
  const iterator = view.iterate({ ...range, values: 'none' })
  try {
    return (await iterator.next(step)).map(([key]) => key)
  } finally {
    await iterator.close()
    await view.close()
  }
}

async function removeDue(
  storage: Storage,
  catalog: Catalog,
  entries: readonly string[],
  now: number,
): Promise<number> {
  if (entries.length === 0) return 0
  const stores = new Map(
    catalog.names.map((name) => [catalog.store(name).prefix, catalog.store(name)]),
  )
  return storage.update(async (view) => {
    let removed = 0
    for (const entry of entries) {
      const documentKey = entry.slice(keyEnd(entry, expiryPrefix.length))
      const store = stores.get(documentKey.slice(0, 5)) as OpenStore | undefined
      const text = await view.getText(documentKey)
      // written again since, without expiry or with a later one: that write left its own entry
      if (store !== undefined && text !== undefined && !isLive(text, now)) {
        removeDocument(view, store, documentKey.slice(store.prefix.length), decodeDocument(text))
        removed++
      }
      view.set(entry, undefined)
    }
    return removed
  })
}
