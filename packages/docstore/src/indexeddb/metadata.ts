/** What a database consists of, and its place in the engine. */
import { encodeKey } from '#key'
import type { KeyPath } from './key-path.ts'

export interface IndexMeta {
  id: number
  name: string
  keyPath: KeyPath
  unique: boolean
  multiEntry: boolean
  deleted: boolean
}

export interface StoreMeta {
  id: number
  name: string
  keyPath: KeyPath | null
  autoIncrement: boolean
  indexes: Map<string, IndexMeta>
  /** Indexes as the requests see them: changes take their turn among these. */
  live: Set<IndexMeta>
  deleted: boolean
}

export interface DatabaseMeta {
  id: number
  name: string
  version: number
  nextId: number
  stores: Map<string, StoreMeta>
}

const encodeId = (id: number): string => id.toString(36).padStart(5, '0')

/** All of IndexedDB lies behind B: databases by name (BM), their data (BD), what is to be removed (BX), the last id (BN). */
export const metaPrefix = 'BM'
export const metaKey = (name: string): string => metaPrefix + (encodeKey(name) as string)
export const lastIdKey = 'BN'
export const removalPrefix = 'BX'
export const databasePrefix = (database: number): string => `BD${encodeId(database)}`
export const storePrefix = (database: number, store: number): string =>
  `${databasePrefix(database)}D${encodeId(store)}`
export const indexPrefix = (database: number, index: number): string =>
  `${databasePrefix(database)}I${encodeId(index)}`
export const generatorKey = (database: number, store: number): string =>
  `${databasePrefix(database)}G${encodeId(store)}`

export function encodeMeta(meta: DatabaseMeta): string {
  const stores = [...meta.stores.values()].map((store) => ({
    ...store,
    live: undefined,
    indexes: [...store.indexes.values()],
  }))
  return JSON.stringify({ ...meta, stores })
}

type StoredMeta = Omit<DatabaseMeta, 'stores'> & {
  stores: (Omit<StoreMeta, 'indexes' | 'live'> & { indexes: IndexMeta[] })[]
}

export function decodeMeta(text: string): DatabaseMeta {
  const stored = JSON.parse(text) as StoredMeta
  const stores = stored.stores.map((store) => ({
    ...store,
    live: new Set(store.indexes),
    indexes: new Map(store.indexes.map((index) => [index.name, index])),
  }))
  return { ...stored, stores: new Map(stores.map((store) => [store.name, store])) }
}

/** Remembers everything an upgrade may change; the returned function brings it back. */
export function rememberMeta(meta: DatabaseMeta): () => void {
  const { version, nextId } = meta
  const stores = [...meta.stores.values()].map((store) => ({
    store,
    name: store.name,
    live: [...store.live],
    indexes: [...store.indexes.values()].map((index) => ({ index, name: index.name })),
  }))
  return () => {
    for (const store of meta.stores.values()) {
      store.deleted = true
      for (const index of store.indexes.values()) index.deleted = true
      store.indexes = new Map()
    }
    Object.assign(meta, { version, nextId })
    meta.stores = new Map()
    for (const { store, name, live, indexes } of stores) {
      for (const index of store.indexes.values()) index.deleted = true
      store.name = name
      store.deleted = false
      store.live = new Set(live)
      store.indexes = new Map()
      for (const { index, name: indexName } of indexes) {
        Object.assign(index, { name: indexName, deleted: false })
        store.indexes.set(indexName, index)
      }
      meta.stores.set(name, store)
    }
  }
}
