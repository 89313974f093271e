/** Writing and deleting one document: the document, its index entries, its expiry and the policies, in one view. */
import { drive, failure, show, type Maybe, type Steps } from '#kernel'
import { encodeIndexed, requireKey } from '#key'
import type { WriteView } from '#storage'
import { expiryPrefix, type OpenStore, type StoredIndex } from './catalog.ts'
import { decodeDocument, encodeDocument, isLive } from './document-codec.ts'
import { indexEntries } from './index-entries.ts'
import type { Access } from './policy.ts'
import { readPath, type Doc } from './schema.ts'

export interface WriteContext {
  view: WriteView
  now: number
  /** undefined: the service handle. */
  access: Access | undefined
  counters: Counters
}

export interface WriteOptions {
  /** Milliseconds from now; wins over the store's. */
  ttlMs?: number
  /** Milliseconds since 1970; wins over both. */
  expiresAt?: number
}

export type WriteMode = 'put' | 'add'

/** Numbers of stores with `autoIncrement`: never given twice, also not after a crash; gaps are possible. */
export interface Counters {
  take(store: OpenStore): Maybe<number>
  /** A number the caller chose: later ones are above it. */
  raise(store: OpenStore, used: number): Maybe<void>
}

/** Upserts (`put`) or inserts (`add`); gives the primary key. */
export function writeDocument(
  context: WriteContext,
  store: OpenStore,
  given: Doc,
  mode: WriteMode,
  options: WriteOptions,
): Maybe<unknown> {
  return drive(writeSteps(context, store, given, mode, options))
}

function checkDocument(store: OpenStore, doc: unknown): void {
  if (typeof doc === 'object' && doc !== null && !Array.isArray(doc)) return
  throw failure('invalid_document', {
    store: store.name,
    problem: `a document is an object, not ${show(doc)}`,
  })
}

function* withKey(context: WriteContext, store: OpenStore, doc: Doc): Steps<Doc> {
  const { key, autoIncrement } = store.stored
  if (!autoIncrement) return doc
  const value = readPath(doc, key)
  if (value === undefined) {
    const taken = (yield context.counters.take(store)) as number
    return setPath(doc, key.split('.'), taken)
  }
  if (typeof value === 'number' && value >= 1)
    yield context.counters.raise(store, Math.floor(value))
  return doc
}

function setPath(doc: Doc, names: readonly string[], value: unknown): Doc {
  const [name, ...rest] = names as [string, ...string[]]
  if (rest.length === 0) return { ...doc, [name]: value }
  const inner = readPath(doc, name)
  return {
    ...doc,
    [name]: setPath(typeof inner === 'object' && inner !== null ? (inner as Doc) : {}, rest, value),
  }
}

function* writeSteps(
  context: WriteContext,
  store: OpenStore,
  given: Doc,
  mode: WriteMode,
  options: WriteOptions,
): Steps<unknown> {
  checkDocument(store, given)
  const doc = yield* withKey(context, store, given)
  const { stored } = store
  const key = readPath(doc, stored.key)
  const primaryKey = requireKey(key, `Store "${store.name}", key "${stored.key}"`)
  const expiresAt = expiryOf(context, store, options)
  const text = encodeDocument(store.name, doc, { writtenAt: context.now, expiresAt })
  const documentKey = store.prefix + primaryKey
  if (expiresAt !== undefined)
    context.view.set(expiryPrefix + encodeIndexed(expiresAt) + documentKey, '')
  if (mode === 'put' && stored.indexes.length === 0 && context.access === undefined) {
    context.view.set(documentKey, text)
    return key
  }
  // dates and binary as they will be read, and a copy: policies are the caller's code
  const after = context.access === undefined ? doc : decodeDocument(text)
  yield* replace(context, store, { key, primaryKey, documentKey, text, after }, mode)
  return key
}

interface Replacement {
  key: unknown
  primaryKey: string
  documentKey: string
  text: string
  after: Doc
}

function* replace(
  context: WriteContext,
  store: OpenStore,
  write: Replacement,
  mode: WriteMode,
): Steps<void> {
  const { view } = context
  const { documentKey, primaryKey, after } = write
  const old = (yield view.getText(documentKey)) as string | undefined
  const before = old === undefined ? undefined : decodeDocument(old)
  const isThere = old !== undefined && isLive(old, context.now)
  if (mode === 'add' && isThere)
    throw failure('key_exists', { store: store.name, key: show(write.key) })
  requireWrite(context, store, isThere ? before : undefined, after)
  for (const index of store.stored.indexes) {
    const stale = new Set(before === undefined ? [] : indexEntries(index, before, primaryKey))
    for (const entry of indexEntries(index, after, primaryKey)) {
      if (stale.delete(entry)) continue
      if (index.unique) yield* claim(context, store, index, entry, primaryKey, after)
      view.set(entry, primaryKey)
    }
    for (const entry of stale) view.set(entry, undefined)
  }
  view.set(documentKey, write.text)
}

/** Both directions: the row before must be one the caller sees and may change, the row after one it may have. */
function requireWrite(
  context: WriteContext,
  store: OpenStore,
  before: Doc | undefined,
  after: Doc,
): void {
  const { access } = context
  if (access === undefined) return
  const policies = store.definition?.policies
  if (before === undefined) return access.require(store.name, policies, 'insert', after)
  // a row the caller cannot see is refused as any other it may not insert
  if (!access.allows(policies, 'select', before))
    throw failure('policy_denied', { store: store.name, action: 'insert' })
  access.require(store.name, policies, 'update', before)
  access.require(store.name, policies, 'update', after)
}

/** A place in a unique index: free, or held by a document that has expired. */
function* claim(
  context: WriteContext,
  store: OpenStore,
  index: StoredIndex,
  entry: string,
  primaryKey: string,
  doc: Doc,
): Steps<void> {
  const { view } = context
  const holder = (yield view.getText(entry)) as string | undefined
  if (holder === undefined || holder === primaryKey) return
  const text = (yield view.getText(store.prefix + holder)) as string | undefined
  if (text !== undefined && isLive(text, context.now)) {
    const values = index.fields.map((field) => readPath(doc, field))
    const value = show(values.length === 1 ? values[0] : values)
    throw failure('unique_violation', { store: store.name, index: index.name, value })
  }
  if (text !== undefined) removeDocument(view, store, holder, decodeDocument(text))
}

/** Deletes by encoded key; true when there was a document the caller may delete. A row the caller cannot see is not there. */
export function deleteDocument(
  context: WriteContext,
  store: OpenStore,
  primaryKey: string,
): Maybe<boolean> {
  return drive(deleteSteps(context, store, primaryKey))
}

function* deleteSteps(context: WriteContext, store: OpenStore, primaryKey: string): Steps<boolean> {
  const text = (yield context.view.getText(store.prefix + primaryKey)) as string | undefined
  if (text === undefined) return false
  const doc = decodeDocument(text)
  if (context.access !== undefined) {
    const policies = store.definition?.policies
    if (!context.access.allows(policies, 'select', doc)) return false
    context.access.require(store.name, policies, 'delete', doc)
  }
  removeDocument(context.view, store, primaryKey, doc)
  return isLive(text, context.now)
}

/** A document and all its entries, without asking anybody. */
export function removeDocument(
  view: WriteView,
  store: OpenStore,
  primaryKey: string,
  doc: Doc,
): void {
  for (const index of store.stored.indexes)
    for (const entry of indexEntries(index, doc, primaryKey)) view.set(entry, undefined)
  view.set(store.prefix + primaryKey, undefined)
}

function expiryOf(
  context: WriteContext,
  store: OpenStore,
  options: WriteOptions,
): number | undefined {
  if (options.expiresAt !== undefined) return checkTime(store, 'expiresAt', options.expiresAt)
  const ttlMs = options.ttlMs ?? store.stored.ttlMs
  return ttlMs === undefined ? undefined : context.now + checkTime(store, 'ttlMs', ttlMs)
}

function checkTime(store: OpenStore, option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw failure('invalid_option', {
    option: `Store "${store.name}": ${option}`,
    expected: 'a number of milliseconds, 0 or more',
    got: show(value),
  })
}
