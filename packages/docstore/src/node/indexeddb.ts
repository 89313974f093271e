/** `createIndexedDB({ dataDir })`: the browser's IndexedDB in Node, durable. */
import {
  FactoryCore,
  IDBCursor,
  IDBCursorWithValue,
  IDBDatabase,
  IDBFactory,
  IDBIndex,
  IDBKeyRange,
  IDBObjectStore,
  IDBOpenDBRequest,
  IDBRecord,
  IDBRequest,
  IDBTransaction,
  IDBVersionChangeEvent,
  IdbEvent,
  IdbEventTarget,
  IdbStringList,
  newFactory,
} from '#indexeddb'
import type { Docstore } from '#database'
import { openStorage, type OpenOptions } from './open-docstore.ts'

export interface IndexedDbOptions extends OpenOptions {
  /** An open document store whose files are to be shared; then nothing else is needed, and `close` leaves it open. */
  docstore?: Docstore
}

/** `indexedDB` and the standard's interfaces; assign them to `globalThis` for libraries that look there. */
export interface IndexedDb {
  indexedDB: IDBFactory
  IDBKeyRange: typeof IDBKeyRange
  interfaces: typeof interfaces
  /** Closes all connections and the files. */
  close(): Promise<void>
}

const interfaces = {
  IDBCursor,
  IDBCursorWithValue,
  IDBDatabase,
  IDBFactory,
  IDBIndex,
  IDBKeyRange,
  IDBObjectStore,
  IDBOpenDBRequest,
  IDBRecord,
  IDBRequest,
  IDBTransaction,
  IDBVersionChangeEvent,
}

/** Opens the files at the first use. Errors of opening (`database_locked`, …) reach the first request as `UnknownError`. */
export function createIndexedDB(options: IndexedDbOptions): IndexedDb {
  const { docstore } = options
  const core = new FactoryCore(async () => docstore?.internals.storage ?? openStorage(options))
  return {
    indexedDB: newFactory(core),
    IDBKeyRange,
    interfaces,
    close: () => core.close(docstore === undefined),
  }
}

export {
  interfaces,
  IdbEvent as Event,
  IdbEventTarget as EventTarget,
  IdbStringList as DOMStringList,
}
export { registerType, reporter, type HostType } from '#indexeddb'
export {
  IDBCursor,
  IDBCursorWithValue,
  IDBDatabase,
  IDBFactory,
  IDBIndex,
  IDBKeyRange,
  IDBObjectStore,
  IDBOpenDBRequest,
  IDBRecord,
  IDBRequest,
  IDBTransaction,
  IDBVersionChangeEvent,
}
