/** The documents API, the same on a database, on a caller's handle and in a transaction. */
import { drive, failure, type Maybe, type Steps } from '#kernel'
import { requireKey } from '#key'
import {
  boundsOf,
  decodeMeta,
  deleteDocument,
  encodeScalar,
  writeDocument,
  type Doc,
  type KeyRange,
  type WriteMode,
  type WriteOptions,
} from '#document'
import { walk } from '#query'
import type { WriteView } from '#storage'
import { documentKey, DocumentReads } from './document-reads.ts'
import type { DocOf, PrimaryKey, StoreRef, Stores } from './types.ts'

export type { Host } from './document-reads.ts'

export abstract class DocumentMethods<S extends Stores> extends DocumentReads<S> {
  protected abstract write<T>(method: string, work: (view: WriteView) => Maybe<T>): Promise<T>
  /** As `write`, for work that reads ranges. */
  protected abstract writeMany<T>(method: string, work: (view: WriteView) => Promise<T>): Promise<T>

  /** Upserts; gives the primary key. */
  put<R extends StoreRef<S>>(
    ref: R,
    doc: DocOf<S, R>,
    options: WriteOptions = {},
  ): Promise<PrimaryKey> {
    return this.#write('put', ref, doc as Doc, 'put', options)
  }

  /** Upserts all of them or none; gives the primary keys. */
  async putMany<R extends StoreRef<S>>(
    ref: R,
    docs: readonly DocOf<S, R>[],
    options: WriteOptions = {},
  ): Promise<PrimaryKey[]> {
    return this.write('putMany', (view) => drive(this.#putManySteps(view, ref, docs, options)))
  }

  *#putManySteps<R extends StoreRef<S>>(
    view: WriteView,
    ref: R,
    docs: readonly DocOf<S, R>[],
    options: WriteOptions,
  ): Steps<PrimaryKey[]> {
    const context = this.context(view)
    const store = this.store(ref)
    const keys: PrimaryKey[] = []
    for (const doc of docs)
      keys.push(yield writeDocument(context, store, doc as Doc, 'put', options))
    return keys
  }

  /** Inserts; throws `key_exists`. */
  add<R extends StoreRef<S>>(
    ref: R,
    doc: DocOf<S, R>,
    options: WriteOptions = {},
  ): Promise<PrimaryKey> {
    return this.#write('add', ref, doc as Doc, 'add', options)
  }

  /** Inserts under the next number; gives it. The store needs `autoIncrement`. */
  async putAuto<R extends StoreRef<S>>(
    ref: R,
    doc: Partial<DocOf<S, R>>,
    options: WriteOptions = {},
  ): Promise<number> {
    const store = this.store(ref)
    if (!store.stored.autoIncrement)
      throw failure('schema_invalid', {
        store: store.name,
        problem: 'putAuto needs `autoIncrement: true`',
      })
    return (await this.#write('putAuto', ref, doc as Doc, 'add', options)) as number
  }

  /** A policy that lets a caller change nothing still must not say whether a document is there: `policy_denied` for both. */
  #write(
    method: string,
    ref: StoreRef<S>,
    doc: Doc,
    mode: WriteMode,
    options: WriteOptions,
  ): Promise<PrimaryKey> {
    return this.write(method, (view) =>
      writeDocument(this.context(view), this.store(ref), doc, mode, options),
    )
  }

  /** Reads, changes and writes in one step; undefined from `change` leaves it. Gives the new document, or undefined where none is. */
  update<R extends StoreRef<S>>(
    ref: R,
    key: PrimaryKey,
    change: (doc: DocOf<S, R>) => DocOf<S, R> | undefined,
    options: WriteOptions = {},
  ): Promise<DocOf<S, R> | undefined> {
    return this.write('update', (view) => drive(this.#updateSteps(view, ref, key, change, options)))
  }

  *#updateSteps<R extends StoreRef<S>>(
    view: WriteView,
    ref: R,
    key: PrimaryKey,
    change: (doc: DocOf<S, R>) => DocOf<S, R> | undefined,
    options: WriteOptions,
  ): Steps<DocOf<S, R> | undefined> {
    const store = this.store(ref)
    const primaryKey = documentKey(store, key)
    const text = (yield view.getText(primaryKey)) as string | undefined
    const doc = text === undefined ? undefined : this.visible(store, text)
    const changed = doc === undefined ? undefined : change(doc as DocOf<S, R>)
    if (text === undefined || changed === undefined) return undefined
    const { expiresAt } = decodeMeta(text)
    const kept = expiresAt === undefined ? options : { expiresAt, ...options }
    const written = yield writeDocument(this.context(view), store, changed as Doc, 'put', kept)
    if (documentKey(store, written) !== primaryKey)
      throw failure('invalid_document', {
        store: store.name,
        problem: 'update must not change the key',
      })
    return changed
  }

  /** True when there was one. */
  delete<R extends StoreRef<S>>(ref: R, key: PrimaryKey): Promise<boolean> {
    return this.write('delete', (view) => {
      const store = this.store(ref)
      return deleteDocument(
        this.context(view),
        store,
        requireKey(key, `Store "${store.name}", delete`),
      )
    })
  }

  /** Deletes all documents the caller may see and delete, in one transaction; gives how many. */
  clear<R extends StoreRef<S>>(ref: R, range?: KeyRange): Promise<number> {
    return this.writeMany('clear', async (view) => {
      const store = this.store(ref)
      const context = this.context(view)
      const span = boundsOf(store.prefix, range, encodeScalar)
      let cleared = 0
      const steps = { reverse: false, chunk: 256 }
      for await (const found of walk(context, store, [span], true, steps, {
        entriesRead: 0,
        documentsRead: 0,
      }))
        for (const { primaryKey, doc } of found) {
          if (this.access?.allows(store.definition?.policies, 'delete', doc) === false) continue
          await deleteDocument(context, store, primaryKey)
          cleared++
        }
      return cleared
    })
  }
}
