/** Embedded JSON documents, time series and IndexedDB on one LSM tree: the public API in Node. */
export { DocstoreError, errorCodes, errorTable, type ErrorCode } from '#kernel'
export { decodeKey, encodeKey, type Key } from '#key'
export type { Engine } from '#engine'
export type { Durability } from '#storage'
export {
  defineStore,
  type AnyDoc,
  type Caller,
  type Doc,
  type IndexOptions,
  type KeyRange,
  type Policies,
  type Policy,
  type StoreDefinition,
  type StoreOptions,
  type WriteOptions,
} from '#document'
export type { Explanation, Query } from '#query'
export {
  type CheckResult,
  Docstore,
  Handle,
  Transaction,
  type CursorDirection,
  type CursorEntry,
  type CursorOptions,
  type DocOf,
  type DocstoreStats,
  type ListOptions,
  type StoreRef,
  type Stores,
  type TransactionMode,
  type WithMeta,
} from '#database'
export { AuthKit, type AuthKitOptions, type PasswordHasher, type Session, type User } from '#auth'
export type {
  Aggregate,
  Cell,
  RollupDefinition,
  Series,
  SeriesQuery,
  SeriesRecord,
  SeriesStats,
  SeriesValue,
  WriteRecord,
} from '#series'
export {
  createAuth,
  openDocstore,
  openSeries,
  repair,
  type OpenedSeries,
  type OpenOptions,
  type OpenSeriesOptions,
  type RepairReport,
} from '#node'
