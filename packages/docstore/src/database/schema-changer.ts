/** applySchemas: compares what is declared with what is stored, and brings the database there. Nothing is written meanwhile. */
import { failure } from '#kernel'
import { last } from '#key'
import type { Storage, WriteView } from '#storage'
import {
  catalogCopyKey,
  catalogKey,
  counterKey,
  decodeDocument,
  decodeMeta,
  documentPrefix,
  encodeDocument,
  indexEntries,
  indexPrefix,
  rangeOf,
  removeDocument,
  writeDocument,
  type Catalog,
  type CatalogRecord,
  type Counters,
  type Doc,
  type IndexDefinition,
  type OpenStore,
  type StoreDefinition,
  type StoredIndex,
  type StoredStore,
} from '#document'

type Definition = StoreDefinition<never>

/** Documents a step: a step is one commit, so that memory stays bounded however large the store. */
const step = 500

export class SchemaChanger {
  readonly #storage: Storage
  readonly #catalog: Catalog
  readonly #counters: Counters
  readonly #now: () => number

  constructor(storage: Storage, catalog: Catalog, counters: Counters, now: () => number) {
    this.#storage = storage
    this.#catalog = catalog
    this.#counters = counters
    this.#now = now
  }

  async apply(definitions: readonly Definition[], dropStores: boolean): Promise<void> {
    const names = definitions.map(({ name }) => name)
    if (new Set(names).size < names.length)
      throw failure('schema_invalid', {
        store: names.find((name, at) => names.indexOf(name) !== at) as string,
        problem: 'it is declared twice',
      })
    for (const definition of definitions) this.#check(definition)
    await this.#storage.queue.flush()
    for (const definition of definitions) {
      await this.#applyStore(definition)
      this.#catalog.define(definition)
    }
    if (dropStores)
      for (const name of this.#catalog.names) if (!names.includes(name)) await this.drop(name)
  }

  /** Conflicts are told before anything is changed. */
  #check({ name, key, autoIncrement, version, migrations }: Definition): void {
    const stored = this.#catalog.record.stores[name]
    if (stored === undefined) return
    const conflict = (what: string, is: unknown, wanted: unknown): Error =>
      failure('schema_conflict', { store: name, what, stored: String(is), wanted: String(wanted) })
    if (stored.key !== key) throw conflict('key', `"${stored.key}"`, `"${key}"`)
    if (stored.autoIncrement !== autoIncrement)
      throw conflict('autoIncrement', stored.autoIncrement, autoIncrement)
    const reached = stored.migrating?.version ?? stored.version
    if (reached > version)
      throw failure('schema_newer', { store: name, stored: reached, wanted: version })
    for (let to = stored.version + 1; to <= version; to++)
      if (typeof migrations[to] !== 'function')
        throw failure('migration_missing', { store: name, from: stored.version, to })
  }

  async #applyStore(definition: Definition): Promise<void> {
    const { name, key, autoIncrement, ttlMs, version } = definition
    if (this.#catalog.record.stores[name] === undefined) {
      const id = await this.#newId()
      await this.#saveStore(name, { id, key, autoIncrement, ttlMs, version, indexes: [] }, [id])
    }
    await this.#dropIndexes(definition)
    while (this.#stored(name).version < version) await this.#migrate(definition)
    if (this.#stored(name).ttlMs !== ttlMs)
      await this.#saveStore(name, { ...this.#stored(name), ttlMs })
    for (const index of definition.indexes)
      if (!this.#stored(name).indexes.some((stored) => stored.name === index.name))
        await this.#build(name, index)
  }

  #stored(name: string): StoredStore {
    return this.#catalog.store(name).stored
  }

  async #save(record: CatalogRecord, work?: (view: WriteView) => Promise<void>): Promise<void> {
    await this.#storage.update(async (view) => {
      await work?.(view)
      view.set(catalogKey, JSON.stringify(record))
      view.set(catalogCopyKey, JSON.stringify(record))
    })
    this.#catalog.refresh(record)
  }

  /** An id stands among the dropped until what it is for is complete: a crash leaves nothing behind. */
  async #newId(): Promise<number> {
    const { record } = this.#catalog
    await this.#save({
      ...record,
      nextId: record.nextId + 1,
      dropped: [...record.dropped, record.nextId],
    })
    return record.nextId
  }

  #saveStore(
    name: string,
    stored: StoredStore,
    complete: readonly number[] = [],
    work?: (view: WriteView) => Promise<void>,
  ): Promise<void> {
    const { record } = this.#catalog
    const dropped = record.dropped.filter((id) => !complete.includes(id))
    return this.#save({ ...record, dropped, stores: { ...record.stores, [name]: stored } }, work)
  }

  async #dropIndexes({ name, indexes }: Definition): Promise<void> {
    const stored = this.#stored(name)
    const kept = stored.indexes.filter((index) =>
      indexes.some((wanted) => isSameIndex(index, wanted)),
    )
    if (kept.length === stored.indexes.length) return
    const gone = stored.indexes.filter((index) => !kept.includes(index)).map(({ id }) => id)
    const { record } = this.#catalog
    await this.#save({
      ...record,
      dropped: [...record.dropped, ...gone],
      stores: { ...record.stores, [name]: { ...stored, indexes: kept } },
    })
    await this.removeDropped()
  }

  async #build(name: string, wanted: IndexDefinition): Promise<void> {
    const id = await this.#newId()
    const store = this.#catalog.store(name)
    const { unique, multiEntry, fields } = wanted
    const index: StoredIndex = { id, name: wanted.name, fields, unique, multiEntry }
    try {
      for await (const documents of this.#documents(store, store.prefix))
        await this.#storage.update((view) => this.#addEntries(view, store, index, documents))
    } catch (error) {
      await this.removeDropped()
      throw error
    }
    await this.#saveStore(name, { ...store.stored, indexes: [...store.stored.indexes, index] }, [
      id,
    ])
  }

  async #addEntries(
    view: WriteView,
    store: OpenStore,
    index: StoredIndex,
    documents: readonly Stored[],
  ): Promise<void> {
    for (const { primaryKey, doc } of documents)
      for (const entry of indexEntries(index, doc, primaryKey)) {
        const holder = index.unique ? await view.getText(entry) : undefined
        if (holder !== undefined && holder !== primaryKey)
          throw failure('unique_violation', {
            store: store.name,
            index: index.name,
            value: `what another has in ${index.fields.join(', ')}`,
          })
        view.set(entry, primaryKey)
      }
  }

  /** All documents to the next version; each step notes how far it came, so that an interrupted one goes on. */
  async #migrate({ name, version, migrations }: Definition): Promise<void> {
    const { migrating, ...stored } = this.#stored(name)
    const target = migrating?.version ?? version
    const store = this.#catalog.store(name)
    const from = migrating === undefined ? store.prefix : `${store.prefix}${migrating.done}\0`
    for await (const documents of this.#documents(store, from)) {
      const done = documents.at(-1)?.primaryKey as string
      await this.#saveStore(
        name,
        { ...stored, migrating: { version: target, done } },
        [],
        async (view) => {
          for (const document of documents)
            await this.#migrateDocument(view, store, document, migrations, target)
        },
      )
    }
    await this.#saveStore(name, { ...stored, version: target })
  }

  async #migrateDocument(
    view: WriteView,
    store: OpenStore,
    document: Stored,
    migrations: Definition['migrations'],
    target: number,
  ): Promise<void> {
    let { doc } = document
    for (let to = store.stored.version + 1; to <= target; to++) doc = migrations[to]?.(doc) ?? doc
    const { expiresAt } = decodeMeta(document.text)
    // checks the new key before the old document is touched
    encodeDocument(store.name, doc, { writtenAt: 0, expiresAt })
    removeDocument(view, store, document.primaryKey, document.doc)
    const context = { view, now: this.#now(), access: undefined, counters: this.#counters }
    await writeDocument(context, store, doc, 'add', expiresAt === undefined ? {} : { expiresAt })
    if ((await view.getText(store.prefix + document.primaryKey)) === undefined)
      throw failure('schema_invalid', {
        store: store.name,
        problem: 'a migration must not change the key of a document',
      })
  }

  async *#documents(store: OpenStore, gte: string): AsyncGenerator<Stored[]> {
    const view = this.#storage.snapshot()
    const iterator = view.iterate({ gte, lt: store.prefix + last, values: 'text' })
    try {
      for (;;) {
        const entries = (await iterator.next(step)) as [string, string][]
        if (entries.length > 0)
          yield entries.map(([key, text]) => ({
            primaryKey: key.slice(store.prefix.length),
            text,
            doc: decodeDocument(text),
          }))
        if (entries.length < step) return
      }
    } finally {
      await iterator.close()
      await view.close()
    }
  }

  /** Drops a store with all its documents. */
  async drop(name: string): Promise<void> {
    const { id, indexes } = this.#catalog.store(name).stored
    const { record } = this.#catalog
    const stores = Object.fromEntries(
      Object.entries(record.stores).filter(([other]) => other !== name),
    )
    await this.#save({
      ...record,
      stores,
      dropped: [...record.dropped, id, ...indexes.map((index) => index.id)],
    })
    await this.removeDropped()
  }

  /** Removes entries of what is dropped: also at the next opening, after a crash in between. */
  async removeDropped(): Promise<void> {
    const { dropped } = this.#catalog.record
    if (dropped.length === 0) return
    await this.#storage.queue.flush()
    for (const id of dropped) {
      await this.#storage.clear(rangeOf(documentPrefix(id)))
      await this.#storage.clear(rangeOf(indexPrefix(id)))
      await this.#storage.clear(rangeOf(counterKey(id)))
    }
    const { record } = this.#catalog
    await this.#save({ ...record, dropped: record.dropped.filter((id) => !dropped.includes(id)) })
  }
}

interface Stored {
  primaryKey: string
  text: string
  doc: Doc
}

function isSameIndex(a: IndexDefinition, b: IndexDefinition): boolean {
  return (
    a.name === b.name &&
    a.unique === b.unique &&
    a.multiEntry === b.multiEntry &&
    a.fields.length === b.fields.length &&
    a.fields.every((field, at) => field === b.fields[at])
  )
}
