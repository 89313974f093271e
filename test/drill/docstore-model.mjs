/**
 * `npm run drill:model [-- operations [seed]]`: random operations on stores, indexes, transactions and policies (100,000),
 * each compared with a plain model in memory. Exits 1 at the first difference, with the seed.
 */
import { isDeepStrictEqual } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const own = (row, caller) => row.owner === caller.sub
/** @param {{ defineStore: Function }} library */
const schemasOf = ({ defineStore }) => [
  defineStore('people', { key: 'id' })
    .index('by_mail', ['mail'], { unique: true })
    .index('by_group_rank', ['group', 'rank'])
    .index('by_tag', ['tags'], { multiEntry: true }),
  defineStore('notes', {
    key: 'id',
    policies: {
      select: { check: (row, caller) => own(row, caller) || row.shared === true },
      insert: own,
      update: own,
      delete: own,
    },
  })
    .index('by_owner', ['owner'])
    .index('by_group_rank', ['group', 'rank']),
]

/** Numbers below n that repeat with a seed. */
function randomOf(seed) {
  let state = seed >>> 0 || 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

const ranks = [undefined, null, true, -1, 0, 2.5, 7, 'a', 'b', '\uffff', [1], ['x', 2]]
/** The order of index values, as documented, written down without the store's encoding. */
const kindOf = (value) =>
  value === undefined
    ? 0
    : value === null
      ? 1
      : value === false
        ? 2
        : value === true
          ? 3
          : typeof value === 'number'
            ? 4
            : typeof value === 'string'
              ? 5
              : 6
function compare(a, b) {
  if (kindOf(a) !== kindOf(b)) return kindOf(a) - kindOf(b)
  if (Array.isArray(a)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      const order = compare(a[at], b[at])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  return a < b ? -1 : a > b ? 1 : 0
}
const equal = (a, b) => compare(a, b) === 0

/** What the database should be: maps of documents, and the same rules in a few lines. */
class Model {
  stores = { people: new Map(), notes: new Map() }

  copy() {
    const copy = new Model()
    for (const [name, docs] of Object.entries(this.stores)) copy.stores[name] = new Map(docs)
    return copy
  }
  sees(name, doc, caller) {
    return caller === undefined || (name === 'notes' && (own(doc, caller) || doc.shared === true))
  }
  rows(name, caller) {
    return [...this.stores[name].values()]
      .filter((doc) => this.sees(name, doc, caller))
      .toSorted((a, b) => compare(a.id, b.id))
  }
  put(name, doc, mode, caller) {
    const docs = this.stores[name]
    const before = docs.get(doc.id)
    if (mode === 'add' && before !== undefined) return 'key_exists'
    if (caller !== undefined) {
      if (name !== 'notes' || !own(doc, caller)) return 'policy_denied'
      if (before !== undefined && !own(before, caller)) return 'policy_denied'
    }
    if (name === 'people' && doc.mail != null)
      for (const other of docs.values())
        if (other.id !== doc.id && other.mail === doc.mail) return 'unique_violation'
    docs.set(doc.id, doc)
    return doc.id
  }
  delete(name, id, caller) {
    const before = this.stores[name].get(id)
    if (before === undefined || !this.sees(name, before, caller)) return false
    if (caller !== undefined && !own(before, caller)) return 'policy_denied'
    return this.stores[name].delete(id)
  }
}

const settle = (promise) =>
  promise.then(
    (value) => value,
    (error) => error.code ?? Promise.reject(error),
  )

/** One random operation on a handle and on the model: what both say. */
async function operate(random, handle, model, caller) {
  const pick = (values) => values[random(values.length)]
  const name = pick(['people', 'notes'])
  const id = pick([random(40), `k${random(20)}`])
  const doc = () => ({
    id,
    owner: pick(['ann', 'bob']),
    group: pick(['g', 'h', 'i']),
    ...(random(4) > 0 && { rank: pick(ranks.slice(1)) }),
    mail: pick([null, `m${random(30)}`]),
    tags: pick([[], ['x'], ['x', 'y'], ['y', 'z', 'y']]),
    shared: random(3) === 0,
    size: random(100),
  })
  const visible = model.rows(name, caller)
  const byId = (rows) => rows.map((row) => row.id)
  switch (random(12)) {
    case 0:
    case 1: {
      const value = doc()
      return [await settle(handle.put(name, value)), model.put(name, value, 'put', caller)]
    }
    case 2: {
      const value = doc()
      return [await settle(handle.add(name, value)), model.put(name, value, 'add', caller)]
    }
    case 3:
      return [await settle(handle.delete(name, id)), model.delete(name, id, caller)]
    case 4:
      return [await handle.get(name, id), visible.find((row) => row.id === id)]
    case 5: {
      const group = pick(['g', 'h', 'none'])
      const rank = pick(ranks.slice(3))
      const found = await handle.getByIndex(name, 'by_group_rank', [group, rank])
      return [
        byId(found),
        byId(visible.filter((row) => row.group === group && equal(row.rank, rank))),
      ]
    }
    case 6: {
      const [low, high] = [pick(ranks.slice(3)), pick(ranks.slice(3))].toSorted(compare)
      const found = await handle.rangeByIndex(name, 'by_group_rank', {
        gte: ['g', low],
        lte: ['g', high],
      })
      const wanted = visible.filter(
        (row) => row.group === 'g' && compare(row.rank, low) >= 0 && compare(row.rank, high) <= 0,
      )
      return [
        byId(found),
        byId(wanted.toSorted((a, b) => compare(a.rank, b.rank) || compare(a.id, b.id))),
      ]
    }
    case 7:
    case 8:
      return queryBoth(random, pick, handle, name, visible)
    case 9: {
      const tag = pick(['x', 'y', 'z'])
      if (name === 'notes') return [await handle.count(name), visible.length]
      return [
        byId(await handle.getByIndex(name, 'by_tag', tag)),
        byId(visible.filter((row) => row.tags.includes(tag))),
      ]
    }
    case 10: {
      const seen = []
      const direction = pick(['next', 'prev'])
      for await (const { primaryKey } of handle.cursor(name, { direction, range: { gt: 5 } }))
        seen.push(primaryKey)
      const wanted = byId(visible).filter((key) => compare(key, 5) > 0)
      return [seen, direction === 'prev' ? wanted.toReversed() : wanted]
    }
    default: {
      if (random(20) > 0)
        return [
          await handle.getKey(name, { gte: id }),
          byId(visible).find((key) => compare(key, id) >= 0),
        ]
      const wanted = visible.filter(
        (row) =>
          compare(row.id, 10) >= 0 &&
          compare(row.id, 20) < 0 &&
          (caller === undefined || own(row, caller)),
      )
      const cleared = await handle.clear(name, { gte: 10, lt: 20 })
      for (const row of wanted) model.stores[name].delete(row.id)
      return [cleared, wanted.length]
    }
  }
}

async function queryBoth(random, pick, handle, name, visible) {
  let query = handle.query(name)
  let rows = visible
  if (random(2) === 0) {
    const group = pick(['g', 'h'])
    query = query.whereEq('group', group)
    rows = rows.filter((row) => row.group === group)
  }
  if (random(3) === 0) {
    const owners = pick([['ann'], ['ann', 'bob'], []])
    query = query.whereIn('owner', owners)
    rows = rows.filter((row) => owners.includes(row.owner))
  }
  if (random(3) === 0) {
    const from = random(8)
    query = query.whereRange('rank', { gte: from - 1 })
    rows = rows.filter((row) => typeof row.rank === 'number' && row.rank >= from - 1)
  }
  if (random(4) === 0) {
    query = query.whereContains('tags', 'y')
    rows = rows.filter((row) => row.tags.includes('y'))
  }
  const sign = random(2) === 0 ? 1 : -1
  const field = pick(['rank', 'size', 'id'])
  query = query.orderBy(field, sign === 1 ? 'asc' : 'desc')
  rows = rows.toSorted((a, b) => sign * compare(a[field], b[field]))
  const [limit, offset] = [random(6), random(4)]
  if (random(2) === 0) {
    query = query.limit(limit).offset(offset)
    rows = rows.slice(offset, offset + limit)
  }
  // equal values have no order between them: what is compared is the sequence of values
  const values = (found) => found.map((row) => row[field] ?? null)
  return [values(await query.collect()), values(rows)]
}

/** Runs operations on a database and on the model; throws at the first difference. */
export async function runModel({ db, library, operations, seed }) {
  const random = randomOf(seed)
  await db.applySchemas(schemasOf(library))
  let model = new Model()
  const callers = [undefined, undefined, { sub: 'ann' }, { sub: 'bob' }]
  let done = 0
  const step = async (handle, state, caller) => {
    const [found, wanted] = await operate(random, handle, state, caller)
    done++
    if (!isDeepStrictEqual(found, wanted))
      throw new Error(
        `seed ${seed}, operation ${done}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`,
      )
  }
  while (done < operations) {
    const caller = callers[random(callers.length)]
    const handle = caller === undefined ? db : db.as(caller)
    if (random(4) > 0) {
      await step(handle, model, caller)
      continue
    }
    const tx = await handle.transaction(['people', 'notes'])
    const state = model.copy()
    for (let left = 1 + random(8); left > 0; left--) await step(tx, state, caller)
    if (random(3) === 0) await tx.abort()
    else {
      await tx.commit()
      model = state
    }
  }
  for (const name of ['people', 'notes']) {
    const found = await db.getAll(name)
    if (!isDeepStrictEqual(found, model.rows(name)))
      throw new Error(`seed ${seed}: store ${name} differs at the end`)
  }
  const { problems } = await db.check()
  if (problems.length > 0) throw new Error(`seed ${seed}: ${problems.join('; ')}`)
  return done
}

if (process.argv[1] === import.meta.filename) {
  const operations = Number(process.argv[2] ?? 100_000)
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
  const library = await import('../../packages/docstore/dist/index.js')
  const dataDir = mkdtempSync(join(tmpdir(), 'docstore-model-'))
  const db = await library.openDocstore({ dataDir, durability: 'none', sweepIntervalMs: 0 })
  const started = performance.now()
  const done = await runModel({ db, library, operations, seed })
  console.log(
    `${done} operations as the model says, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
  await db.close()
  rmSync(dataDir, { recursive: true, force: true })
}
