/** Documents, indexes and queries, on every kind of engine; among them what other products of the kind get wrong. */
import { describe, expect, test } from 'vitest'
import { defineStore } from '#document'
import { code, engineKinds, newFolder, openFor } from './docstore.fixture.ts'
import { openDocstore } from './open-docstore.ts'

interface Todo {
  id: string
  user_id: string
  status: string
  priority: number
  tags?: string[]
  done?: boolean
  deep?: { at?: Date }
}
const todos = defineStore<Todo>('todos', { key: 'id' })
  .index('by_user_status', ['user_id', 'status'])
  .index('by_user_priority', ['user_id', 'priority'])
  .index('by_tag', ['tags'], { multiEntry: true })
  .index('by_at', ['deep.at'])
const users = defineStore<{ id: number; email?: string | null; name?: string }>('users', {
  key: 'id',
}).index('by_email', ['email'], { unique: true })
const logs = defineStore<{ id?: number; text: string }>('logs', { key: 'id', autoIncrement: true })

describe.each(engineKinds)('on engine %s', (kind) => {
  const opened = async () => {
    const db = await openFor(kind)
    await db.applySchemas([todos, users, logs])
    for (let n = 0; n < 30; n++)
      await db.put(todos, {
        id: `t${String(n).padStart(2, '0')}`,
        user_id: String(n % 3),
        status: n % 2 ? 'open' : 'done',
        priority: n,
        tags: [n % 2 ? 'odd' : 'even', `n${n % 5}`],
      })
    return db
  }

  test('put, get, add, delete, count, scan, clear', async () => {
    const db = await opened()
    expect(await db.get(todos, 't01')).toMatchObject({ priority: 1 })
    expect(await db.get(todos, 'nope')).toBeUndefined()
    await expect(
      db.add(todos, { id: 't01', user_id: '1', status: '', priority: 0 }),
    ).rejects.toEqual(code('key_exists'))
    expect(await db.count(todos)).toBe(30)
    expect(await db.delete(todos, 't01')).toBe(true)
    expect(await db.delete(todos, 't01')).toBe(false)
    expect(await db.getAllKeys(todos, { gte: 't00', lte: 't03' })).toEqual(['t00', 't02', 't03'])
    expect(await db.getAll(todos, { gt: 't26' }, { direction: 'prev', limit: 2 })).toMatchObject([
      { id: 't29' },
      { id: 't28' },
    ])
    expect(await db.getKey(todos, { gt: 't00' })).toBe('t02')
    const ids: string[] = []
    for await (const { id } of db.scan(todos, { gte: 't28' })) ids.push(id)
    expect(ids).toEqual(['t28', 't29'])
    expect(await db.clear(todos)).toBe(29)
    expect(await db.count(todos)).toBe(0)
    expect(await db.getByIndex(todos, 'by_user_status', '1')).toEqual([])
  })

  test('the compound index is sought straight to its prefix, and the order of the other comes by itself', async () => {
    const db = await opened()
    const open = db.query(todos).whereEq('user_id', '1').whereEq('status', 'open')
    expect(
      (await open.orderBy('priority', 'desc').limit(3).collect()).map(({ priority }) => priority),
    ).toEqual([25, 19, 13])
    expect(await open.explain()).toMatchObject({
      index: 'by_user_status',
      walk: 'prefix',
      equalities: 2,
      entriesRead: 5,
      documentsRead: 5,
      rows: 5,
    })
    expect(
      await db.query(todos).whereEq('user_id', '1').orderBy('priority', 'desc').limit(3).explain(),
    ).toMatchObject({
      index: 'by_user_priority',
      order: 'index',
      entriesRead: 3,
      rows: 3,
    })
    expect(await db.query(todos).whereEq('id', 't05').explain()).toMatchObject({
      walk: 'point',
      documentsRead: 1,
    })
    expect(await db.query(todos).whereEq('status', 'open').explain()).toMatchObject({
      index: 'primary',
      walk: 'all',
      entriesRead: 30,
      rows: 15,
    })
  })

  // defect a: stops at the limit before the other filters and before the sort
  test('limit and offset come after filters and sort', async () => {
    const db = await opened()
    const rows = await db
      .query(todos)
      .whereEq('user_id', '0')
      .whereRange('priority', { gte: 12 })
      .whereContains('tags', 'odd')
      .limit(2)
      .collect()
    expect(rows.map(({ priority }) => priority)).toEqual([15, 21])
    const last = await db.query(todos).orderBy('priority', 'desc').offset(1).limit(2).collect()
    expect(last.map(({ priority }) => priority)).toEqual([28, 27])
    expect(
      (await db.query(todos).whereEq('status', 'open').orderBy('priority', 'desc').limit(1).first())
        ?.priority,
    ).toBe(29)
  })

  // defect b: an inclusive upper bound misses equal values, because the primary key follows them
  test('both bounds of a range by index are in', async () => {
    const db = await opened()
    const found = await db.rangeByIndex(todos, 'by_user_priority', {
      gte: ['1', 4],
      lte: ['1', 10],
    })
    expect(found.map(({ priority }) => priority)).toEqual([4, 7, 10])
    expect(await db.rangeByIndex(todos, 'by_user_status', { gte: '2', lte: '2' })).toHaveLength(10)
    expect(
      await db.rangeByIndex(todos, 'by_user_priority', { gt: ['1', 4], lt: ['1', 10] }),
    ).toHaveLength(1)
    expect(
      await db.query(todos).whereEq('user_id', '1').whereRange('priority', { lte: 10 }).count(),
    ).toBe(4)
  })

  test('a document without an indexed field is found by the prefix of the index', async () => {
    const db = await opened()
    await db.put(todos, { id: 'x', user_id: '9' } as Todo)
    expect(
      await db.query(todos).whereEq('user_id', '9').using('by_user_priority').collect(),
    ).toHaveLength(1)
  })

  test('lists of values, elements, booleans, dates and dotted paths', async () => {
    const db = await opened()
    expect(
      await db.query(todos).whereIn('user_id', ['0', '2', '2']).whereEq('status', 'open').explain(),
    ).toMatchObject({
      index: 'by_user_status',
      equalities: 2,
      entriesRead: 10,
      rows: 10,
    })
    expect(await db.query(todos).whereContains('tags', 'n3').explain()).toMatchObject({
      index: 'by_tag',
      rows: 6,
    })
    const at = new Date(5)
    await db.put(todos, {
      id: 'd',
      user_id: 'd',
      status: 's',
      priority: 1,
      done: true,
      deep: { at },
    })
    expect((await db.query(todos).whereEq('deep.at', at).collect())[0]?.deep).toEqual({ at })
    expect(await db.query(todos).whereEq('deep.at', at).explain()).toMatchObject({
      index: 'by_at',
      entriesRead: 1,
    })
    expect(await db.query(todos).whereEq('done', true).count()).toBe(1)
    expect(() => db.query(todos).whereEq('deep', {})).toThrow(
      expect.objectContaining({ code: 'invalid_query' }),
    )
  })

  test('a unique index refuses the second, also within a transaction, and lets go of what is deleted or changed', async () => {
    const db = await opened()
    await db.put(users, { id: 1, email: 'a@x' })
    await expect(db.put(users, { id: 2, email: 'a@x' })).rejects.toEqual(code('unique_violation'))
    await db.put(users, { id: 1, email: 'b@x' })
    await db.put(users, { id: 2, email: 'a@x' })
    await db.put(users, { id: 3, email: null })
    await db.put(users, { id: 4, email: null })
    await db.put(users, { id: 5 })
    await db.put(users, { id: 6 })
    expect(await db.getByIndex(users, 'by_email', 'a@x')).toMatchObject([{ id: 2 }])
    const tx = await db.transaction([users])
    await tx.put(users, { id: 7, email: 'c@x', name: 'kept' })
    await expect(tx.put(users, { id: 8, email: 'c@x' })).rejects.toEqual(code('unique_violation'))
    await tx.delete(users, 2)
    await tx.put(users, { id: 9, email: 'a@x' })
    await tx.commit()
    expect(await db.getAllKeys(users)).toEqual([1, 3, 4, 5, 6, 7, 9])
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => db.add(users, { id: 100 + n, email: 'race@x' })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('a value that equals the primary key of another document is still taken', async () => {
    const db = await openFor(kind)
    const names = defineStore('names', { key: 'id' }).index('by_name', ['name'], { unique: true })
    await db.applySchemas([names])
    await db.put(names, { id: 'x', name: 'abc' })
    await expect(db.put(names, { id: 'abc', name: 'abc' })).rejects.toEqual(
      code('unique_violation'),
    )
  })

  test('cursors: four directions, by key and by index', async () => {
    const db = await openFor(kind)
    const store = defineStore<{ id: number; c: string }>('s', { key: 'id' }).index('by_c', ['c'])
    await db.applySchemas([store])
    for (const [id, c] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
      [4, 'b'],
      [5, 'c'],
    ] as const)
      await db.put(store, { id, c })
    const walk = async (options: object) => {
      const seen: unknown[] = []
      for await (const { key, primaryKey } of db.cursor(store, options))
        seen.push([key, primaryKey])
      return seen
    }
    expect(await walk({ range: { gt: 3 } })).toEqual([
      [4, 4],
      [5, 5],
    ])
    expect(await walk({ index: 'by_c' })).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 2],
      ['b', 4],
      ['c', 5],
    ])
    expect(await walk({ index: 'by_c', direction: 'prev' })).toEqual([
      ['c', 5],
      ['b', 4],
      ['b', 2],
      ['a', 3],
      ['a', 1],
    ])
    expect(await walk({ index: 'by_c', direction: 'nextunique' })).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 5],
    ])
    expect(await walk({ index: 'by_c', direction: 'prevunique', range: { lte: 'b' } })).toEqual([
      ['b', 2],
      ['a', 1],
    ])
  })

  // defect e: cursors that read the whole range first
  test('a cursor reads no more than it is asked for', async () => {
    const db = await openFor(kind)
    await db.applySchemas([users])
    for (let id = 0; id < 2000; id++) await db.put(users, { id })
    const { engine } = db.internals.storage
    let read = 0
    const iterate = engine.iterate.bind(engine)
    engine.iterate = (options) => {
      const inner = iterate(options)
      return {
        next: async (count) => {
          const entries = await inner.next(count)
          read += entries.length
          return entries
        },
        close: () => inner.close(),
      }
    }
    for await (const { primaryKey } of db.cursor(users)) if (primaryKey === 10) break
    expect(read).toBeLessThan(100)
  })

  test('auto-increment: numbers rise, explicit ones raise them, concurrent ones are distinct', async () => {
    const db = await opened()
    expect(await db.putAuto(logs, { text: 'a' })).toBe(1)
    await db.put(logs, { id: 10, text: 'b' })
    expect(await db.put(logs, { text: 'c' })).toBe(11)
    const ids = await Promise.all(Array.from({ length: 50 }, () => db.putAuto(logs, { text: 'd' })))
    expect(new Set(ids).size).toBe(50)
    expect(await db.get(logs, 11)).toEqual({ id: 11, text: 'c' })
    await expect(db.putAuto('todos', {})).rejects.toEqual(code('schema_invalid'))
  })

  test('expired documents are gone for all reads at once, give up unique values, and are swept', async () => {
    let now = 1000
    const db = await openFor(kind, { now: () => now })
    const sessions = defineStore<{ id: string; email?: string }>('sessions', {
      key: 'id',
      ttlMs: 100,
    }).index('by_email', ['email'], { unique: true })
    await db.applySchemas([sessions])
    await db.put(sessions, { id: 'a', email: 'x' })
    await db.put(sessions, { id: 'b' }, { ttlMs: 500 })
    expect(await db.getWithMeta(sessions, 'a')).toEqual({
      doc: { id: 'a', email: 'x' },
      writtenAt: new Date(1000),
      expiresAt: new Date(1100),
    })
    now = 1100
    expect(await db.get(sessions, 'a')).toBeUndefined()
    expect(await db.getByIndex(sessions, 'by_email', 'x')).toEqual([])
    expect(await db.count(sessions)).toBe(1)
    await db.add(sessions, { id: 'c', email: 'x' })
    await db.add(sessions, { id: 'a' })
    now = 1300
    expect(await db.sweep()).toBe(2)
    expect(await db.sweep()).toBe(0)
    expect(await db.getAllKeys(sessions)).toEqual(['b'])
  })

  test('documents come back as they were; what JSON would lose is refused', async () => {
    const db = await opened()
    const doc = {
      id: 'x',
      n: null,
      b: true,
      s: 'é😀\ud800',
      o: { $date: 'no', a: [1, { b: [] }] },
      d: new Date(7),
      u: new Uint8Array([1, 2]),
    }
    await db.put('todos', doc)
    expect(await db.get('todos', 'x')).toEqual(doc)
    for (const bad of [
      { id: 'y', f: () => 1 },
      { id: 'y', n: NaN },
      { id: 'y', m: new Map() },
      { id: 'y', g: 1n },
      [],
      null,
      'text',
    ])
      await expect(db.put('todos', bad as object)).rejects.toEqual(code('invalid_document'))
    const loop: Record<string, unknown> = { id: 'y' }
    loop['self'] = loop
    await expect(db.put('todos', loop)).rejects.toEqual(code('invalid_document'))
    for (const id of [undefined, null, NaN, {}, true])
      await expect(db.put('todos', { id })).rejects.toEqual(code('invalid_key'))
  })

  test('putMany writes all or none', async () => {
    const db = await opened()
    expect(
      await db.putMany(users, [
        { id: 1, email: 'a' },
        { id: 2, email: 'b' },
      ]),
    ).toEqual([1, 2])
    await expect(
      db.putMany(users, [
        { id: 3, email: 'c' },
        { id: 4, email: 'c' },
      ]),
    ).rejects.toEqual(code('unique_violation'))
    expect(await db.getAllKeys(users)).toEqual([1, 2])
  })

  test('update changes what is there and nothing else', async () => {
    const db = await opened()
    expect(await db.update(todos, 't01', (doc) => ({ ...doc, status: 'late' }))).toMatchObject({
      status: 'late',
    })
    expect(await db.update(todos, 'none', (doc) => doc)).toBeUndefined()
    await expect(db.update(todos, 't01', (doc) => ({ ...doc, id: 'other' }))).rejects.toEqual(
      code('invalid_document'),
    )
    const counted = Array.from({ length: 20 }, () =>
      db.update(todos, 't02', (doc) => ({ ...doc, priority: doc.priority + 1 })),
    )
    await Promise.all(counted)
    expect(await db.get(todos, 't02')).toMatchObject({ priority: 22 })
  })

  test('errors name what there is', async () => {
    const db = await opened()
    await expect(db.get('nope', 1)).rejects.toThrow('known: "todos", "users", "logs"')
    await expect(db.getByIndex(todos, 'nope', 1)).rejects.toEqual(code('index_unknown'))
    await expect(db.query(todos).using('nope').collect()).rejects.toEqual(code('index_unknown'))
    await expect(db.put(users, { id: 1 }, { ttlMs: -1 })).rejects.toEqual(code('invalid_option'))
    expect(() => db.query(todos).limit(-1)).toThrow('limit must be a whole number')
  })
})

describe('schemas', () => {
  const people = (options: object = {}) =>
    defineStore<{ id: number; email?: string; name?: string }>('people', { key: 'id', ...options })

  test('an index is filled from what is there, again changes nothing, one that is gone is dropped', async () => {
    const db = await openFor('level')
    await db.applySchemas([people()])
    for (let id = 0; id < 1200; id++) await db.put('people', { id, email: `${id % 1000}@x` })
    await db.applySchemas([people().index('by_email', ['email'])])
    expect(await db.getByIndex('people', 'by_email', '7@x')).toHaveLength(2)
    const before = JSON.stringify(db.internals.catalog.record)
    await db.applySchemas([people().index('by_email', ['email'])])
    expect(JSON.stringify(db.internals.catalog.record)).toBe(before)
    await db.applySchemas([people()])
    await expect(db.getByIndex('people', 'by_email', '7@x')).rejects.toEqual(code('index_unknown'))
    const left = db.internals.storage.snapshot()
    expect(await left.iterate({ gte: 'I', lt: 'J', values: 'none' }).next(1)).toEqual([])
    await left.close()
  })

  // defect c: a unique index that does not look at what is there
  test('a unique index over documents that are not is refused and leaves nothing', async () => {
    const db = await openFor('level')
    await db.applySchemas([people()])
    await db.put('people', { id: 1, email: 'a' })
    await db.put('people', { id: 2, email: 'a' })
    await expect(
      db.applySchemas([people().index('by_email', ['email'], { unique: true })]),
    ).rejects.toEqual(code('unique_violation'))
    await db.put('people', { id: 2, email: 'b' })
    await db.applySchemas([people().index('by_email', ['email'], { unique: true })])
    expect(await db.getByIndex('people', 'by_email', 'a')).toMatchObject([{ id: 1 }])
  })

  test('a conflicting key is refused with a message, before anything is changed', async () => {
    const db = await openFor('level')
    await db.applySchemas([people()])
    const changed = [defineStore('more', { key: 'id' }), people({ key: 'email' })]
    await expect(db.applySchemas(changed)).rejects.toThrow(
      'Store "people" exists with key "id", the schema says "email"',
    )
    expect(db.storeNames).toEqual(['people'])
    await expect(db.applySchemas([people({ autoIncrement: true })])).rejects.toEqual(
      code('schema_conflict'),
    )
    await expect(db.applySchemas([people(), people()])).rejects.toEqual(code('schema_invalid'))
    for (const bad of [
      () => people({ key: '' }),
      () => people({ key: 'a..b' }),
      () => people().index('x', []),
      () => people().index('x', ['a']).index('x', ['b']),
    ])
      expect(bad).toThrow(expect.objectContaining({ code: 'schema_invalid' }))
  })

  test('documents migrate by version, over many commits, and only once', async () => {
    const dataDir = newFolder()
    const db = await openDocstore({ dataDir })
    await db.applySchemas([people().index('by_name', ['name'])])
    for (let id = 0; id < 1100; id++) await db.put('people', { id, name: `n${id}` })
    const upgraded = people({
      version: 3,
      migrations: {
        2: (doc: object) => ({ ...doc, v: [2] }),
        3: (doc: { v: number[] }) => ({ ...doc, v: [...doc.v, 3], name: 'same' }),
      },
    }).index('by_name', ['name'])
    await expect(db.applySchemas([people({ version: 2 })])).rejects.toEqual(
      code('migration_missing'),
    )
    await db.applySchemas([upgraded])
    await db.applySchemas([upgraded])
    await db.close()
    const again = await openDocstore({ dataDir })
    await again.applySchemas([upgraded])
    expect(await again.get('people', 1099)).toEqual({ id: 1099, name: 'same', v: [2, 3] })
    expect(await again.getByIndex('people', 'by_name', 'same')).toHaveLength(1100)
    await expect(again.applySchemas([people()])).rejects.toEqual(code('schema_newer'))
    await again.close()
  })

  test('an interrupted migration goes on where it stopped', async () => {
    const db = await openFor('level')
    await db.applySchemas([people()])
    for (let id = 0; id < 1100; id++) await db.put('people', { id })
    let left = 700
    const failing = {
      version: 2,
      migrations: {
        2: (doc: { n?: number }) =>
          left-- > 0 ? { ...doc, n: (doc.n ?? 0) + 1 } : JSON.parse('{'),
      },
    }
    await expect(db.applySchemas([people(failing)])).rejects.toThrow('JSON')
    left = 10_000
    await db.applySchemas([people(failing)])
    for await (const doc of db.scan('people')) expect(doc).toMatchObject({ n: 1 })
  })

  test('stores are dropped only when that is said', async () => {
    const db = await openFor('level')
    await db.applySchemas([people(), users])
    await db.applySchemas([users])
    expect(db.storeNames).toEqual(['people', 'users'])
    await db.put('people', { id: 1 })
    await db.applySchemas([users], { dropStores: true })
    await db.applySchemas([people(), users])
    expect(await db.count('people')).toBe(0)
  })

  test('writers wait for a schema change, older transactions conflict with it', async () => {
    const db = await openFor('level')
    await db.applySchemas([people()])
    const tx = await db.transaction(['people'])
    await tx.put('people', { id: 1, email: 'in' })
    const changing = db.applySchemas([people().index('by_email', ['email'])])
    const writing = db.put('people', { id: 2, email: 'w' })
    await Promise.all([changing, writing])
    await expect(tx.commit()).rejects.toEqual(code('transaction_conflict'))
    expect(await db.getByIndex('people', 'by_email', 'w')).toHaveLength(1)
  })
})
