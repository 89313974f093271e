/** Saves what can be read of a damaged database, and says what that was. */
import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { last } from '#key'
import {
  Catalog,
  catalogCopyKey,
  catalogKey,
  decodeDocument,
  indexEntries,
  indexPrefix,
  type OpenStore,
} from '#document'
import { openStorage } from './open-docstore.ts'
import { readTable } from './read-table.ts'
import { verifyFiles, type Damage } from './verify-files.ts'
import type { Storage } from '#storage'

export interface RepairReport {
  /** Damaged files; tables among them are moved to the folder `lost`. */
  damages: Damage[]
  /** Entries taken from intact blocks of damaged tables. A document that was deleted may be among them. */
  salvaged: number
  /** Documents that are there now, by store. */
  documents: Record<string, number>
  /** Documents that could not be read, and were removed. */
  unreadable: number
  /** Index entries that were missing and are there again. */
  entriesAdded: number
  /** Index entries that led nowhere, or to a document that has them not. */
  entriesRemoved: number
  /** Two documents with one value of a unique index: both stay, the index leads to one. In words. */
  conflicts: string[]
  /** False when the list of stores is lost: their documents are kept, but under no name. */
  hasCatalog: boolean
}

const step = 500

/** Nobody may have the database open. Make a copy of the folder first if you can. */
export async function repair(dataDir: string): Promise<RepairReport> {
  const damages = await verifyFiles(dataDir)
  const saved = new Map<string, { seq: bigint; value: Buffer | undefined }>()
  for (const { file } of damages.filter(({ file }) => /\.(ldb|sst)$/.test(file))) {
    for (const { key, seq, value } of readTable(await readFile(join(dataDir, file)))) {
      const known = saved.get(key)
      if (known === undefined || known.seq < seq) saved.set(key, { seq, value })
    }
    await mkdir(join(dataDir, 'lost'), { recursive: true })
    await rename(join(dataDir, file), join(dataDir, 'lost', file))
  }
  await ClassicLevel.repair(dataDir)
  const storage = await openStorage({ dataDir, verify: 'none' })
  try {
    const salvaged = await putBack(storage, saved)
    return { damages, salvaged, ...(await mend(storage)) }
  } finally {
    await storage.close()
  }
}

/** Only what nothing newer is known of. */
async function putBack(
  storage: Storage,
  saved: ReadonlyMap<string, { value: Buffer | undefined }>,
): Promise<number> {
  let count = 0
  for (const [key, { value }] of saved) {
    if (value === undefined || (await storage.get(key, 'bytes')) !== undefined) continue
    await storage.queue.room()
    void storage.queue
      .push([{ key, value: new Uint8Array(value) }], undefined)
      .catch(() => undefined)
    count++
  }
  await storage.queue.flush()
  return count
}

type Mended = Omit<RepairReport, 'damages' | 'salvaged'>

async function mend(storage: Storage): Promise<Mended> {
  const text = ((await storage.get(catalogKey, 'text')) ??
    (await storage.get(catalogCopyKey, 'text'))) as string | undefined
  if (text !== undefined) await storage.update((view) => view.set(catalogKey, text))
  const catalog = new Catalog(text)
  const report: Mended = {
    documents: {},
    unreadable: 0,
    entriesAdded: 0,
    entriesRemoved: 0,
    conflicts: [],
    hasCatalog: text !== undefined,
  }
  for (const name of catalog.names) {
    const store = catalog.store(name)
    report.documents[name] = 0
    await mendDocuments(storage, store, report)
    for (const index of store.stored.indexes) await mendEntries(storage, store, index, report)
  }
  return report
}

async function mendDocuments(storage: Storage, store: OpenStore, report: Mended): Promise<void> {
  for await (const entries of stepsOf(storage, store.prefix))
    await storage.update(async (view) => {
      for (const [key, text] of entries) {
        const primaryKey = key.slice(store.prefix.length)
        const doc = tryDecode(text)
        if (doc === undefined) {
          view.set(key, undefined)
          report.unreadable++
          continue
        }
        report.documents[store.name] = (report.documents[store.name] ?? 0) + 1
        for (const index of store.stored.indexes)
          for (const entry of indexEntries(index, doc, primaryKey)) {
            const holder = await view.getText(entry)
            if (holder === primaryKey) continue
            if (holder !== undefined && (await view.getText(store.prefix + holder)) !== undefined)
              report.conflicts.push(
                `store "${store.name}", unique index "${index.name}": two documents have ${index.fields.join(', ')} alike`,
              )
            view.set(entry, primaryKey)
            report.entriesAdded++
          }
      }
    })
}

function tryDecode(text: string): ReturnType<typeof decodeDocument> | undefined {
  try {
    return decodeDocument(text)
  } catch {
    return undefined
  }
}

async function mendEntries(
  storage: Storage,
  store: OpenStore,
  index: OpenStore['stored']['indexes'][number],
  report: Mended,
): Promise<void> {
  for await (const entries of stepsOf(storage, indexPrefix(index.id)))
    await storage.update(async (view) => {
      for (const [entry, primaryKey] of entries) {
        const text = await view.getText(store.prefix + primaryKey)
        if (
          text !== undefined &&
          indexEntries(index, decodeDocument(text), primaryKey).includes(entry)
        )
          continue
        view.set(entry, undefined)
        report.entriesRemoved++
      }
    })
}

async function* stepsOf(storage: Storage, prefix: string): AsyncGenerator<[string, string][]> {
  const view = storage.snapshot()
  const iterator = view.iterate({ gte: prefix, lt: prefix + last, values: 'text' })
  try {
    for (;;) {
      const entries = (await iterator.next(step)) as [string, string][]
      if (entries.length > 0) yield entries
      if (entries.length < step) return
    }
  } finally {
    await iterator.close()
    await view.close()
  }
}
