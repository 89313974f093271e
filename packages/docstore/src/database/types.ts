/** Types of the documents API: stores by name or by definition, documents as the caller declared them. */
import type { AnyDoc, Doc, KeyRange, StoreDefinition } from '#document'

/** Documents by store name: `openDocstore<{ todos: Todo }>(…)`. */
export type Stores = Record<string, AnyDoc>
export type StoreRef<S extends Stores> = (keyof S & string) | StoreDefinition<never>

/** The document of a store: of its definition, or by its name. */
export type DocOf<S extends Stores, R> =
  R extends StoreDefinition<infer T> ? T : R extends keyof S ? S[R] : Doc

export type PrimaryKey = unknown
export type DocumentRange = KeyRange

export interface WithMeta<T> {
  doc: T
  /** When it was written. */
  writtenAt: Date
  /** When it expires; undefined is never. */
  expiresAt: Date | undefined
}

export type CursorDirection = 'next' | 'nextunique' | 'prev' | 'prevunique'

export interface CursorOptions {
  /** An index; without one the documents by their key. */
  index?: string
  range?: KeyRange
  direction?: CursorDirection
}

export interface CursorEntry<T> {
  /** What the walk is ordered by: the primary key, or the values of the index (an array when it has several fields). */
  key: unknown
  primaryKey: PrimaryKey
  doc: T
}

export interface ListOptions {
  limit?: number
  direction?: 'next' | 'prev'
}
