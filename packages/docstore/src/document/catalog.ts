/** The stores a database has: one record, read when it opens and written whenever schemas change. */
import { failure } from '#kernel'
import { last } from '#key'
import type { IndexDefinition, StoreDefinition } from './schema.ts'

export interface StoredIndex extends IndexDefinition {
  readonly id: number
}

export interface StoredStore {
  readonly id: number
  readonly key: string
  readonly autoIncrement: boolean
  readonly ttlMs?: number | undefined
  readonly version: number
  readonly indexes: readonly StoredIndex[]
  /** A migration that was interrupted: documents up to this key are done. */
  readonly migrating?: { readonly version: number; readonly done: string } | undefined
}

export interface CatalogRecord {
  readonly format: 1
  readonly nextId: number
  readonly stores: Readonly<Record<string, StoredStore>>
  /** Ids whose entries are to be removed: dropped, or built and never finished. */
  readonly dropped: readonly number[]
}

/** A store, ready for work: what is stored and what the program declared. */
export interface OpenStore {
  readonly name: string
  readonly stored: StoredStore
  readonly definition: StoreDefinition<never> | undefined
  /** Beginning of its documents' keys in the engine. */
  readonly prefix: string
}

export const catalogKey = 'S'
/** The same record at the other end of the files: without it no document has a store. */
export const catalogCopyKey = '\x02S'
const emptyCatalog: CatalogRecord = { format: 1, nextId: 1, stores: {}, dropped: [] }

// fixed width in base 36: no id is the beginning of another; 36^4 = 1.6 M stores and indexes in a database's life
const encodeId = (id: number): string => id.toString(36).padStart(4, '0')
export const documentPrefix = (id: number): string => `D${encodeId(id)}`
export const indexPrefix = (id: number): string => `I${encodeId(id)}`
export const counterKey = (id: number): string => `C${encodeId(id)}`
/** Entries of when documents expire, soonest first. */
export const expiryPrefix = 'X'

export const rangeOf = (prefix: string): { gte: string; lt: string } => ({
  gte: prefix,
  lt: prefix + last,
})

export class Catalog {
  record: CatalogRecord
  readonly #definitions = new Map<string, StoreDefinition<never>>()
  #open = new Map<string, OpenStore>()

  constructor(text: string | undefined) {
    this.record = text === undefined ? emptyCatalog : parseCatalog(text)
    this.refresh(this.record)
  }

  get names(): string[] {
    return Object.keys(this.record.stores)
  }

  define(definition: StoreDefinition<never>): void {
    this.#definitions.set(definition.name, definition)
    this.refresh(this.record)
  }

  refresh(record: CatalogRecord): void {
    this.record = record
    this.#open = new Map(
      Object.entries(record.stores).map(([name, stored]) => [
        name,
        {
          name,
          stored,
          definition: this.#definitions.get(name),
          prefix: documentPrefix(stored.id),
        },
      ]),
    )
  }

  /** Throws `store_unknown`. */
  store(name: string): OpenStore {
    const found = this.#open.get(name)
    if (found === undefined) throw failure('store_unknown', { store: name, known: this.names })
    return found
  }
}

function parseCatalog(text: string): CatalogRecord {
  try {
    const record = JSON.parse(text) as CatalogRecord
    if (record.format === 1) return record
  } catch {
    // told below
  }
  throw failure('database_corrupt', {
    where: 'The catalog of stores',
    what: 'its record cannot be read, or a newer program wrote it',
  })
}

export function indexOf(store: OpenStore, name: string): StoredIndex {
  const found = store.stored.indexes.find((index) => index.name === name)
  if (found === undefined) {
    const known = store.stored.indexes.map((index) => index.name)
    throw failure('index_unknown', { store: store.name, index: name, known })
  }
  return found
}
