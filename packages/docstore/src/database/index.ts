/** The documents API. */
export { Docstore, Handle, type DocstoreOptions, type DocstoreStats } from './docstore.ts'
export type { CheckResult } from './check-database.ts'
export { Transaction, type TransactionMode } from './transaction.ts'
export type {
  CursorDirection,
  CursorEntry,
  CursorOptions,
  DocOf,
  ListOptions,
  PrimaryKey,
  StoreRef,
  Stores,
  WithMeta,
} from './types.ts'
