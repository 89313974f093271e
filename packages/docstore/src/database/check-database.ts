/** Walks documents and index entries, both ways: whatever a crash may have torn apart shows here. */
import { show } from '#kernel'
import { decodeKey, last } from '#key'
import { decodeDocument, indexEntries, indexPrefix, type Catalog, type OpenStore } from '#document'
import type { ReadView, Storage } from '#storage'

export interface CheckResult {
  documents: number
  entries: number
  /** In words; none is good. */
  problems: string[]
}

/** Kept in a result; counting goes on. */
const maxProblems = 100

export async function checkDatabase(storage: Storage, catalog: Catalog): Promise<CheckResult> {
  const result: CheckResult = { documents: 0, entries: 0, problems: [] }
  const view = storage.snapshot()
  try {
    for (const name of catalog.names) {
      const store = catalog.store(name)
      await checkDocuments(view, store, result)
      for (const index of store.stored.indexes) await checkEntries(view, store, index, result)
    }
  } finally {
    await view.close()
  }
  return result
}

function note(result: CheckResult, problem: string): void {
  if (result.problems.length < maxProblems) result.problems.push(problem)
}

async function checkDocuments(
  view: ReadView,
  store: OpenStore,
  result: CheckResult,
): Promise<void> {
  for await (const [key, text] of allOf(view, store.prefix)) {
    result.documents++
    const primaryKey = key.slice(store.prefix.length)
    const where = `store "${store.name}", key ${show(decodeKey(primaryKey))}`
    try {
      const doc = decodeDocument(text)
      for (const index of store.stored.indexes)
        for (const entry of indexEntries(index, doc, primaryKey))
          if ((await view.getText(entry)) !== primaryKey)
            note(result, `${where}: no entry in index "${index.name}"`)
    } catch {
      note(result, `${where}: the document cannot be read`)
    }
  }
}

async function checkEntries(
  view: ReadView,
  store: OpenStore,
  index: OpenStore['stored']['indexes'][number],
  result: CheckResult,
): Promise<void> {
  for await (const [entry, primaryKey] of allOf(view, indexPrefix(index.id))) {
    result.entries++
    const text = await view.getText(store.prefix + primaryKey)
    if (text === undefined)
      note(result, `store "${store.name}", index "${index.name}": an entry without its document`)
    else if (!indexEntries(index, decodeDocument(text), primaryKey).includes(entry))
      note(
        result,
        `store "${store.name}", index "${index.name}": an entry that its document does not have`,
      )
  }
}

async function* allOf(view: ReadView, prefix: string): AsyncGenerator<[string, string]> {
  const iterator = view.iterate({ gte: prefix, lt: prefix + last, values: 'text' })
  try {
    for (;;) {
      const entries = (await iterator.next(256)) as [string, string][]
      yield* entries
      if (entries.length < 256) return
    }
  } finally {
    await iterator.close()
  }
}
