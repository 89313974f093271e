/** IndexedDB through the libraries that people use, and what must outlive the process. */
import { Dexie, type Table } from 'dexie'
import { openDB, type DBSchema } from 'idb'
import { afterEach, describe, expect, test } from 'vitest'
import { createIndexedDB, type IDBDatabase, type IndexedDb } from './indexeddb.ts'
import { newFolder } from './docstore.fixture.ts'
import { openDocstore } from './open-docstore.ts'

let open: IndexedDb | undefined
afterEach(async () => {
  // tests of other files run in this process too
  for (const name of [...Object.keys(open?.interfaces ?? {}), 'indexedDB'])
    Reflect.deleteProperty(globalThis, name)
  await open?.close()
  open = undefined
})

function use(dataDir: string): IndexedDb {
  open = createIndexedDB({ dataDir, durability: 'none' })
  Object.assign(globalThis, open.interfaces, { indexedDB: open.indexedDB })
  return open
}

describe('Dexie', () => {
  interface Friend {
    id?: number
    name: string
    age: number
    tags?: string[]
  }
  class Friends extends Dexie {
    friends!: Table<Friend, number>
    constructor({ indexedDB, IDBKeyRange }: IndexedDb) {
      super('friends', { indexedDB: indexedDB as never, IDBKeyRange: IDBKeyRange as never })
      this.version(1).stores({ friends: '++id, name, age, *tags, [name+age]' })
    }
  }

  test('adds, finds, updates, deletes, in transactions, and finds it all again', async () => {
    const dataDir = newFolder()
    const db = new Friends(use(dataDir))
    await db.friends.bulkAdd([
      { name: 'Ann', age: 20, tags: ['a', 'b'] },
      { name: 'Bob', age: 30, tags: ['b'] },
      { name: 'Cid', age: 40 },
    ])
    expect(await db.friends.where('age').above(25).toArray()).toHaveLength(2)
    expect(await db.friends.where('[name+age]').equals(['Ann', 20]).first()).toMatchObject({
      id: 1,
    })
    expect(await db.friends.where('tags').equals('b').primaryKeys()).toEqual([1, 2])
    expect(await db.friends.where('name').startsWithIgnoreCase('a').count()).toBe(1)
    expect(await db.friends.orderBy('age').reverse().limit(2).toArray()).toMatchObject([
      { name: 'Cid' },
      { name: 'Bob' },
    ])
    await db.friends.where('name').equals('Bob').modify({ age: 31 })
    await db.transaction('rw', db.friends, async () => {
      await db.friends.update(1, { age: 21 })
      await db.friends.delete(3)
    })
    await expect(
      db.transaction('rw', db.friends, async () => {
        await db.friends.clear()
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    db.close()
    await open?.close()
    const again = new Friends(use(dataDir))
    expect(await again.friends.toArray()).toEqual([
      { id: 1, name: 'Ann', age: 21, tags: ['a', 'b'] },
      { id: 2, name: 'Bob', age: 31, tags: ['b'] },
    ])
    again.close()
  })

  test('upgrades from one version to the next', async () => {
    const dataDir = newFolder()
    const { indexedDB, IDBKeyRange } = use(dataDir)
    const options = { indexedDB: indexedDB as never, IDBKeyRange: IDBKeyRange as never }
    const first = new Dexie('up', options)
    first.version(1).stores({ notes: '++id' })
    await first.table('notes').add({ text: 'x' })
    first.close()
    const second = new Dexie('up', options)
    second.version(1).stores({ notes: '++id' })
    second
      .version(2)
      .stores({ notes: '++id, length' })
      .upgrade((tx) =>
        tx
          .table('notes')
          .toCollection()
          .modify((note: { text: string; length: number }) => (note.length = note.text.length)),
      )
    expect(await second.table('notes').where('length').equals(1).toArray()).toEqual([
      { id: 1, text: 'x', length: 1 },
    ])
    await second.delete()
  })
})

describe('idb', () => {
  interface Shop extends DBSchema {
    products: {
      key: number
      value: { name: string; price: number; at: Date }
      indexes: { by_price: number }
    }
  }

  test('opens, writes, reads by index, iterates, keeps what was committed', async () => {
    const dataDir = newFolder()
    const { IDBKeyRange } = use(dataDir)
    const openShop = () =>
      openDB<Shop>('shop', 1, {
        upgrade: (db) =>
          db
            .createObjectStore('products', { autoIncrement: true })
            .createIndex('by_price', 'price'),
      })
    const db = await openShop()
    const at = new Date(5)
    for (const [name, price] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const)
      await db.add('products', { name, price, at })
    expect((await db.getAllFromIndex('products', 'by_price')).map(({ name }) => name)).toEqual([
      'b',
      'c',
      'a',
    ])
    const tx = db.transaction('products', 'readwrite')
    for await (const cursor of tx.store
      .index('by_price')
      .iterate(IDBKeyRange.lowerBound(2) as never))
      await cursor.update({ ...cursor.value, price: cursor.value.price / 10 })
    await tx.done
    const failing = db.transaction('products', 'readwrite')
    await failing.store.put({ name: 'no', price: 0, at }, 1)
    failing.abort()
    await expect(failing.done).rejects.toThrow('AbortError')
    db.close()
    await open?.close()
    use(dataDir)
    const again = await openShop()
    expect(await again.get('products', 1)).toEqual({ name: 'a', price: 0.3, at })
    expect(await again.count('products')).toBe(3)
    again.close()
  })
})

test('documents and IndexedDB share the files of one database', async () => {
  const docstore = await openDocstore({ dataDir: newFolder() })
  const shared = createIndexedDB({ docstore })
  const opening = shared.indexedDB.open('one')
  await new Promise<void>((resolve) => {
    opening.addEventListener('upgradeneeded', () =>
      (opening.result as IDBDatabase).createObjectStore('s').put('v', 'k'),
    )
    opening.addEventListener('success', () => resolve())
  })
  expect(await shared.indexedDB.databases()).toEqual([{ name: 'one', version: 1 }])
  await shared.close()
  await docstore.close()
})

test('a database whose files another holds says so in the first request', async () => {
  const dataDir = newFolder()
  const holder = await openDocstore({ dataDir })
  const request = createIndexedDB({ dataDir }).indexedDB.open('one')
  const error = await new Promise<DOMException | null>((resolve) => {
    request.addEventListener('error', () => resolve(request.error))
  })
  expect([error?.name, error?.message]).toEqual([
    'UnknownError',
    expect.stringContaining('is in use by this process'),
  ])
  await holder.close()
})
