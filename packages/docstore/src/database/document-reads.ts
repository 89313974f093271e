/** The reading half of the documents API, the same on a database, on a caller's handle and in a transaction. */
import { isPromise, type Maybe } from '#kernel'
import { decodeKey, requireKey } from '#key'
import {
  boundsOf,
  decodeDocument,
  decodeMeta,
  encodeTuple,
  encodeScalar,
  indexOf,
  indexPrefix,
  isLive,
  uniquePlace,
  type Access,
  type Catalog,
  type Counters,
  type Doc,
  type KeyRange,
  type OpenStore,
} from '#document'
import { Query, walk, type Found, type ReadContext } from '#query'
import type { ReadView } from '#storage'
import { openCursor } from './cursor.ts'
import type {
  CursorEntry,
  CursorOptions,
  DocOf,
  ListOptions,
  PrimaryKey,
  StoreRef,
  Stores,
  WithMeta,
} from './types.ts'

/** What a handle works on. */
export interface Host {
  catalog: Catalog
  counters: Counters
  now: () => number
  /** Resolves when no schema is being changed. */
  barrier: () => Maybe<void>
}

export abstract class DocumentReads<S extends Stores> {
  protected readonly host: Host
  protected readonly access: Access | undefined

  constructor(host: Host, access: Access | undefined) {
    this.host = host
    this.access = access
  }

  /** A view that stays the same for one read of many documents. */
  protected abstract openView(): Promise<{ view: ReadView; done: () => Promise<void> }>
  /** One key, as of now. */
  protected abstract getText(key: string): Maybe<string | undefined>

  /** Throws `store_unknown`, in a transaction also `transaction_scope`. */
  protected store(ref: StoreRef<S>): OpenStore {
    return this.host.catalog.store(typeof ref === 'string' ? ref : ref.name)
  }

  protected context<V extends ReadView>(view: V): ReadContext & { view: V; counters: Counters } {
    return { view, now: this.host.now(), access: this.access, counters: this.host.counters }
  }

  /** The document, or undefined: not there, expired, or not for this caller. */
  async get<R extends StoreRef<S>>(ref: R, key: PrimaryKey): Promise<DocOf<S, R> | undefined> {
    const store = this.store(ref)
    const reading = this.getText(documentKey(store, key))
    const text = isPromise(reading) ? await reading : reading
    return (text === undefined ? undefined : this.visible(store, text)) as DocOf<S, R> | undefined
  }

  protected visible(store: OpenStore, text: string): Doc | undefined {
    if (!isLive(text, this.host.now())) return undefined
    const doc = decodeDocument(text)
    if (this.access === undefined) return doc
    return this.access.allows(store.definition?.policies, 'select', doc) ? doc : undefined
  }

  async getWithMeta<R extends StoreRef<S>>(
    ref: R,
    key: PrimaryKey,
  ): Promise<WithMeta<DocOf<S, R>> | undefined> {
    const store = this.store(ref)
    const text = await this.getText(documentKey(store, key))
    if (text === undefined) return undefined
    const doc = this.visible(store, text)
    return doc === undefined ? undefined : ({ doc, ...metaOf(text) } as WithMeta<DocOf<S, R>>)
  }

  /** The first primary key in the range, or undefined. */
  async getKey<R extends StoreRef<S>>(ref: R, range?: KeyRange): Promise<PrimaryKey> {
    return (await this.getAllKeys(ref, range, { limit: 1 }))[0]
  }

  /** Documents by primary key. */
  async getAll<R extends StoreRef<S>>(
    ref: R,
    range?: KeyRange,
    options: ListOptions = {},
  ): Promise<DocOf<S, R>[]> {
    return (await this.#list(ref, range, options)).map(({ doc }) => doc as DocOf<S, R>)
  }

  async getAllKeys<R extends StoreRef<S>>(
    ref: R,
    range?: KeyRange,
    options: ListOptions = {},
  ): Promise<PrimaryKey[]> {
    return (await this.#list(ref, range, options)).map(({ primaryKey }) => decodeKey(primaryKey))
  }

  async #list(
    ref: StoreRef<S>,
    range: KeyRange | undefined,
    options: ListOptions,
  ): Promise<Found[]> {
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    const all: Found[] = []
    if (limit <= 0) return all
    for await (const found of this.#walkPrimary(ref, range, options)) {
      all.push(...found)
      if (all.length >= limit) break
    }
    return all.length > limit ? all.slice(0, limit) : all
  }

  async *#walkPrimary(
    ref: StoreRef<S>,
    range: KeyRange | undefined,
    options: ListOptions,
  ): AsyncGenerator<Found[]> {
    const { view, done } = await this.openView()
    try {
      const store = this.store(ref)
      const span = boundsOf(store.prefix, range, encodeScalar)
      const chunk = Math.max(1, Math.min(256, options.limit ?? 64))
      const steps = { reverse: options.direction === 'prev', chunk }
      yield* walk(this.context(view), store, [span], true, steps, {
        entriesRead: 0,
        documentsRead: 0,
      })
    } finally {
      await done()
    }
  }

  async count<R extends StoreRef<S>>(ref: R, range?: KeyRange): Promise<number> {
    let count = 0
    for await (const found of this.#walkPrimary(ref, range, { limit: 256 })) count += found.length
    return count
  }

  /** Streams documents by primary key, of one consistent state. */
  async *scan<R extends StoreRef<S>>(
    ref: R,
    range?: KeyRange,
    options: ListOptions = {},
  ): AsyncGenerator<DocOf<S, R>> {
    for await (const found of this.#walkPrimary(ref, range, options))
      for (const { doc } of found) yield doc as DocOf<S, R>
  }

  async *scanWithMeta<R extends StoreRef<S>>(
    ref: R,
    range?: KeyRange,
    options: ListOptions = {},
  ): AsyncGenerator<WithMeta<DocOf<S, R>>> {
    for await (const found of this.#walkPrimary(ref, range, options))
      for (const { doc, text } of found) yield { doc: doc as DocOf<S, R>, ...metaOf(text) }
  }

  /** Streams along the documents or an index; with a unique direction each key once, with its first document. */
  cursor<R extends StoreRef<S>>(
    ref: R,
    options: CursorOptions = {},
  ): AsyncGenerator<CursorEntry<DocOf<S, R>>> {
    const open = async () => {
      const { view, done } = await this.openView()
      return { context: this.context(view), done }
    }
    return openCursor(open, () => this.store(ref), options) as AsyncGenerator<
      CursorEntry<DocOf<S, R>>
    >
  }

  /** Documents with these values: an array is the leading fields of the index, a scalar the first. */
  async getByIndex<R extends StoreRef<S>>(
    ref: R,
    name: string,
    values: unknown,
  ): Promise<DocOf<S, R>[]> {
    const store = this.store(ref)
    const index = indexOf(store, name)
    const place = index.multiEntry
      ? undefined
      : uniquePlace(index, Array.isArray(values) ? values : [values])
    if (place === undefined) return this.rangeByIndex(ref, name, { gte: values, lte: values })
    const primaryKey = await this.getText(place)
    const text =
      primaryKey === undefined ? undefined : await this.getText(store.prefix + primaryKey)
    const doc = text === undefined ? undefined : this.visible(store, text)
    return doc === undefined ? [] : [doc as DocOf<S, R>]
  }

  /** Documents in the order of the index; both bounds of `gte` and `lte` are in. */
  async rangeByIndex<R extends StoreRef<S>>(
    ref: R,
    name: string,
    range?: KeyRange,
    options: ListOptions = {},
  ): Promise<DocOf<S, R>[]> {
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    const docs: DocOf<S, R>[] = []
    const { view, done } = await this.openView()
    try {
      const store = this.store(ref)
      const span = boundsOf(indexPrefix(indexOf(store, name).id), range, encodeTuple)
      const steps = {
        reverse: options.direction === 'prev',
        chunk: Math.max(1, Math.min(256, options.limit ?? 64)),
      }
      const counts = { entriesRead: 0, documentsRead: 0 }
      for await (const found of walk(this.context(view), store, [span], false, steps, counts)) {
        for (const { doc } of found) docs.push(doc as DocOf<S, R>)
        if (docs.length >= limit) break
      }
    } finally {
      await done()
    }
    return docs.length > limit ? docs.slice(0, limit) : docs
  }

  query<R extends StoreRef<S>>(ref: R): Query<DocOf<S, R>> {
    const name = typeof ref === 'string' ? ref : ref.name
    return new Query<DocOf<S, R>>(
      name,
      () => this.store(ref),
      async () => {
        const { view, done } = await this.openView()
        return { context: this.context(view), done }
      },
    )
  }
}

export function documentKey(store: OpenStore, key: PrimaryKey): string {
  return store.prefix + requireKey(key, `Store "${store.name}"`)
}

function metaOf(text: string): { writtenAt: Date; expiresAt: Date | undefined } {
  const { writtenAt, expiresAt } = decodeMeta(text)
  return {
    writtenAt: new Date(writtenAt),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  }
}
