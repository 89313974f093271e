/** What a store is: its key, its indexes, its policies, declared in code and compared with what the database has. */
import { failure } from '#kernel'
import type { Policies } from './policy.ts'

/** A document: a JSON object; dates and binary are kept as such. */
export type Doc = Record<string, unknown>
/** Any type of document a caller may declare; interfaces have no index signature, so not `Doc`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDoc = Record<string, any>

export interface IndexOptions {
  /** No two documents may have the same values; documents that lack one of the fields, or have null, are exempt. */
  unique?: boolean
  /** One entry for each element of the array in the only field. */
  multiEntry?: boolean
}

export interface IndexDefinition {
  readonly name: string
  readonly fields: readonly string[]
  readonly unique: boolean
  readonly multiEntry: boolean
}

export interface StoreOptions<T> {
  /** Dotted path of the primary key in the document. */
  key: string
  /** `putAuto` and documents without a key take the next number. */
  autoIncrement?: boolean
  /** Documents expire this many milliseconds after they are written. */
  ttlMs?: number
  /** Who may do what through `db.as(caller)`. Without them a handle of a caller has no access at all. */
  policies?: Policies<T>
  /** Version of the documents' shape, 1 by default. */
  version?: number
  /** `{ 2: (doc) => doc of version 2 }`: run by applySchemas over every document, in order. */
  migrations?: Readonly<Record<number, (doc: Doc) => Doc>>
}

/** Immutable; `index` gives a new one. */
export interface StoreDefinition<T = Doc> {
  readonly name: string
  readonly key: string
  readonly autoIncrement: boolean
  readonly ttlMs: number | undefined
  readonly policies: Policies<T> | undefined
  readonly version: number
  readonly migrations: Readonly<Record<number, (doc: Doc) => Doc>>
  readonly indexes: readonly IndexDefinition[]
  /** `index('by_user_status', ['user_id', 'status'])`; fields are dotted paths. */
  index(name: string, fields: readonly string[], options?: IndexOptions): StoreDefinition<T>
}

const path = /^[^.\0]+(\.[^.\0]+)*$/

function invalid(store: string, problem: string): Error {
  return failure('schema_invalid', { store, problem })
}

/** `defineStore<Todo>('todos', { key: 'id' }).index('by_user', ['user_id'])`; throws `schema_invalid`. */
export function defineStore<T extends object = Doc>(
  name: string,
  options: StoreOptions<T>,
): StoreDefinition<T> {
  if (typeof name !== 'string' || name === '') throw invalid(String(name), 'the name is empty')
  if (typeof options?.key !== 'string' || !path.test(options.key))
    throw invalid(name, '`key` must be a dotted path such as "id" or "profile.id"')
  if (options.ttlMs !== undefined && !(options.ttlMs > 0))
    throw invalid(name, '`ttlMs` must be a number of milliseconds above 0')
  const version = options.version ?? 1
  if (!Number.isSafeInteger(version) || version < 1)
    throw invalid(name, '`version` must be 1 or more')
  return create(
    {
      name,
      key: options.key,
      autoIncrement: options.autoIncrement === true,
      ttlMs: options.ttlMs,
      policies: options.policies,
      version,
      migrations: options.migrations ?? {},
    },
    [],
  )
}

type Fixed<T> = Omit<StoreDefinition<T>, 'indexes' | 'index'>

function create<T>(fixed: Fixed<T>, indexes: readonly IndexDefinition[]): StoreDefinition<T> {
  return Object.freeze({
    ...fixed,
    indexes,
    index(name: string, fields: readonly string[], options: IndexOptions = {}) {
      checkIndex(fixed.name, indexes, name, fields, options)
      const { unique = false, multiEntry = false } = options
      return create(fixed, [...indexes, { name, fields: [...fields], unique, multiEntry }])
    },
  })
}

function checkIndex(
  store: string,
  existing: readonly IndexDefinition[],
  name: string,
  fields: readonly string[],
  options: IndexOptions,
): void {
  if (typeof name !== 'string' || name === '') throw invalid(store, 'an index has no name')
  if (existing.some((index) => index.name === name))
    throw invalid(store, `index "${name}" is declared twice`)
  if (!Array.isArray(fields) || fields.length === 0 || !fields.every((field) => path.test(field)))
    throw invalid(store, `index "${name}" needs a list of dotted paths`)
  if (options.multiEntry === true && fields.length > 1)
    throw invalid(store, `index "${name}" is multi-entry and can have one field only`)
}

/** `readPath({ a: { b: 1 } }, 'a.b')` → 1; own properties only, undefined where there is none. */
export function readPath(doc: unknown, dotted: string): unknown {
  if (!dotted.includes('.')) return own(doc, dotted)
  let value: unknown = doc
  for (const name of dotted.split('.')) {
    value = own(value, name)
    if (value === undefined) return undefined
  }
  return value
}

const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Doc)[name]
    : undefined
