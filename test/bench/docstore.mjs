/**
 * `npm run bench -- docstore`: the document store against raw classic-level that reads and writes the same bytes, and
 * against lmdb, all in one run and in turn. BENCH_ROUNDS, BENCH_DOCUMENTS (of the compound index), BENCH_SHAPES=get.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { open as openLmdb } from 'lmdb'
import {
  defineStore,
  encodeKey,
  openDocstore,
  openSeries,
} from '../../packages/docstore/dist/index.js'
import { quantile } from './quantile.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const documents = Number(process.env.BENCH_DOCUMENTS ?? 1_000_000)
const only = process.env.BENCH_SHAPES?.split(',')
const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
const options = {
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
  cacheSize: 32 << 20,
  writeBufferSize: 64 << 20,
}

const docOf = (n) => ({
  id: `doc-${n}`,
  email: `user${n}@example.com`,
  user_id: `u${n % 1000}`,
  status: n % 2 ? 'open' : 'done',
  priority: n,
  title: 'x'.repeat(60),
})
/** The bytes the store writes for a document, but for 19 of times and a mark. */
const rawKey = (n) => `D0001@doc-${n}\0`
const rawValue = (n) => '0'.repeat(19) + JSON.stringify(docOf(n))

async function openRaw(name) {
  const level = new ClassicLevel(join(folder, name), options)
  await level.open()
  return level
}

/** Operations a second of `work(n)` called `count` times by `writers` at once. */
async function rate(count, writers, work) {
  let next = 0
  const started = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < count) await work(next++)
    }),
  )
  return (count / (performance.now() - started)) * 1000
}

const median = (values) =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
const show = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2))

/** Measures contenders in turn; prints each one's median and its ratio to the first, round by round. */
async function compare(shape, wanted, contenders) {
  if (only !== undefined && !only.some((part) => shape.includes(part))) return
  const results = contenders.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [at, [, measure]] of contenders.entries()) results[at].push(await measure(round))
  console.log(`${shape}${wanted ? ` (wanted: ${wanted})` : ''}`)
  for (const [at, [name]] of contenders.entries()) {
    const ratio = median(results[at].map((value, round) => value / results[0][round]))
    console.log(
      `  ${name.padEnd(44)} ${show(median(results[at])).padStart(10)}/s  ${at === 0 ? '' : `×${ratio.toFixed(2)}`}`,
    )
  }
}

try {
  await durablePuts()
  await batches()
  await reads()
  await compound()
  await series()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function durablePuts() {
  const db = await openDocstore({ dataDir: join(folder, 'puts'), sweepIntervalMs: 0 })
  const raw = await openRaw('puts-raw')
  const lmdb = openLmdb({ path: join(folder, 'puts-lmdb'), encoding: 'string' })
  await db.applySchemas([defineStore('docs', { key: 'id' })])
  const put = (n) => db.put('docs', docOf(n))
  const rawPut = (n) => raw.put(rawKey(n), rawValue(n), { sync: true })
  const lmdbPut = (n) => lmdb.put(rawKey(n), rawValue(n))
  await compare('durable single puts', '64 writers ≥ 20 × one', [
    ['docstore, one writer', () => rate(1000, 1, put)],
    ['docstore, 64 writers', () => rate(40_000, 64, put)],
    ['raw classic-level sync, one writer', () => rate(1000, 1, rawPut)],
    ['raw classic-level sync, 64 writers', () => rate(10_000, 64, rawPut)],
    ['lmdb, one writer', () => rate(1000, 1, lmdbPut)],
    ['lmdb, 64 writers', () => rate(40_000, 64, lmdbPut)],
  ])
  await Promise.all([db.close(), raw.close(), lmdb.close()])
}

async function batches() {
  const db = await openDocstore({
    dataDir: join(folder, 'batch'),
    durability: 'none',
    sweepIntervalMs: 0,
  })
  const raw = await openRaw('batch-raw')
  const lmdb = openLmdb({ path: join(folder, 'batch-lmdb'), encoding: 'string', noSync: true })
  await db.applySchemas([defineStore('docs', { key: 'id' })])
  const hundred = (n) => Array.from({ length: 100 }, (_, at) => n * 100 + at)
  const count = 500
  await compare('batches of 100 puts, in documents', 'docstore ≥ 0.5', [
    [
      'raw classic-level batch',
      async (round) =>
        100 *
        (await rate(count, 1, (n) =>
          raw.batch(
            hundred(round * count + n).map((m) => ({
              type: 'put',
              key: rawKey(m),
              value: rawValue(m),
            })),
          ),
        )),
    ],
    [
      'docstore putMany',
      async (round) =>
        100 *
        (await rate(count, 1, (n) => db.putMany('docs', hundred(round * count + n).map(docOf)))),
    ],
    [
      'docstore transaction',
      async (round) =>
        100 *
        (await rate(count, 1, async (n) => {
          const tx = await db.transaction(['docs'])
          for (const m of hundred(round * count + n)) await tx.put('docs', docOf(m))
          await tx.commit()
        })),
    ],
    [
      'lmdb transaction',
      async (round) =>
        100 *
        (await rate(count, 1, (n) =>
          lmdb.transaction(() => {
            for (const m of hundred(round * count + n)) void lmdb.put(rawKey(m), rawValue(m))
          }),
        )),
    ],
  ])
  await Promise.all([db.close(), raw.close(), lmdb.close()])
}

async function reads() {
  const size = 100_000
  const db = await openDocstore({
    dataDir: join(folder, 'reads'),
    durability: 'none',
    sweepIntervalMs: 0,
  })
  const raw = await openRaw('reads-raw')
  const lmdb = openLmdb({ path: join(folder, 'reads-lmdb'), encoding: 'string', noSync: true })
  await db.applySchemas([
    defineStore('docs', { key: 'id' })
      .index('by_email', ['email'], { unique: true })
      .index('by_priority', ['priority']),
  ])
  const emailKey = (n) => `I0002@user${n}@example.com\0`
  const priorityKey = (n) => `I0003${encodeKey(n)}`
  for (let from = 0; from < size; from += 1000) {
    const part = Array.from({ length: 1000 }, (_, at) => from + at)
    await db.putMany('docs', part.map(docOf))
    const ops = part.flatMap((n) => [
      { type: 'put', key: rawKey(n), value: rawValue(n) },
      { type: 'put', key: emailKey(n), value: rawKey(n) },
      { type: 'put', key: priorityKey(n) + rawKey(n), value: rawKey(n) },
    ])
    await raw.batch(ops)
    await lmdb.transaction(() => {
      for (const { key, value } of ops) void lmdb.put(key, value)
    })
  }
  const pick = (n) => (n * 7919) % size
  const parse = (text) => JSON.parse(text.slice(19))
  await compare('get by primary key', 'docstore ≥ 0.6; the product claims 244,741/s', [
    [
      'raw classic-level getSync + JSON.parse',
      () => rate(200_000, 1, (n) => parse(raw.getSync(rawKey(pick(n))))),
    ],
    ['docstore get', () => rate(200_000, 1, (n) => db.get('docs', `doc-${pick(n)}`))],
    [
      'raw classic-level await get + JSON.parse',
      () => rate(40_000, 1, async (n) => parse(await raw.get(rawKey(pick(n))))),
    ],
    [
      'raw classic-level get, 64 at once',
      () => rate(100_000, 64, async (n) => parse(await raw.get(rawKey(pick(n))))),
    ],
    ['lmdb get + JSON.parse', () => rate(200_000, 1, (n) => parse(lmdb.get(rawKey(pick(n)))))],
  ])
  await compare('look-up by unique index', 'docstore ≥ 0.4', [
    [
      'raw: two getSync + JSON.parse',
      () => rate(100_000, 1, (n) => parse(raw.getSync(raw.getSync(emailKey(pick(n)))))),
    ],
    [
      'docstore getByIndex',
      () =>
        rate(100_000, 1, (n) => db.getByIndex('docs', 'by_email', `user${pick(n)}@example.com`)),
    ],
    [
      'lmdb: two gets + JSON.parse',
      () => rate(100_000, 1, (n) => parse(lmdb.get(lmdb.get(emailKey(pick(n)))))),
    ],
  ])
  await compare('look-up by index that is not unique', 'docstore ≥ 0.4', [
    [
      'raw: iterator, getSync, JSON.parse',
      () =>
        rate(10_000, 1, async (n) => {
          const gte = priorityKey(pick(n))
          for (const [, key] of await raw.iterator({ gte, lt: `${gte}\uffff` }).all())
            parse(raw.getSync(key))
        }),
    ],
    [
      'docstore getByIndex',
      () => rate(10_000, 1, (n) => db.getByIndex('docs', 'by_priority', pick(n))),
    ],
  ])
  await Promise.all([db.close(), raw.close(), lmdb.close()])
}

async function compound() {
  const name = 'compound index, 20 rows'
  if (only !== undefined && !only.some((part) => name.includes(part))) return
  for (const size of [10_000, documents]) {
    const db = await openDocstore({
      dataDir: join(folder, `compound-${size}`),
      durability: 'none',
      sweepIntervalMs: 0,
    })
    const raw = await openRaw(`compound-raw-${size}`)
    await db.applySchemas([
      defineStore('docs', { key: 'id' }).index('by_user_priority', ['user_id', 'priority']),
    ])
    const indexKey = (n) => `I0002@u${n % 1000}\0${encodeKey(n)}@doc-${n}\0`
    for (let from = 0; from < size; from += 1000) {
      const part = Array.from({ length: 1000 }, (_, at) => from + at)
      await db.putMany('docs', part.map(docOf))
      await raw.batch(
        part.flatMap((n) => [
          { type: 'put', key: rawKey(n), value: rawValue(n) },
          { type: 'put', key: indexKey(n), value: rawKey(n) },
        ]),
      )
    }
    // the 20 newest of a user, where a user has as many
    const limit = Math.min(20, size / 1000)
    await compare(
      `${name} among ${size.toLocaleString('en')}`,
      'docstore ≥ 0.4, whatever the size',
      [
        [
          'raw: iterator, getSync, JSON.parse',
          () =>
            rate(3000, 1, async (n) => {
              const gte = `I0002@u${(n * 7) % 1000}\0`
              const found = await raw
                .iterator({ gte, lt: `${gte}\uffff`, reverse: true, limit })
                .all()
              return found.map(([, key]) => JSON.parse(raw.getSync(key).slice(19)))
            }),
        ],
        [
          'docstore query().whereEq().orderBy().limit()',
          () =>
            rate(3000, 1, (n) =>
              db
                .query('docs')
                .whereEq('user_id', `u${(n * 7) % 1000}`)
                .orderBy('priority', 'desc')
                .limit(limit)
                .collect(),
            ),
        ],
      ],
    )
    await Promise.all([db.close(), raw.close()])
  }
}

async function series() {
  const opened = await openSeries({
    dataDir: join(folder, 'series'),
    durability: 'none',
    bucketMs: 3_600_000,
  })
  const store = opened.series
  const raw = await openRaw('series-raw')
  const lmdb = openLmdb({ path: join(folder, 'series-lmdb'), encoding: 'string', noSync: true })
  const time = (at) => encodeKey(at).slice(1)
  const keyOf = (key, at) => `TD${time(Math.floor(at / 3_600_000) * 3_600_000)}@${key}\0${time(at)}`
  const batchOf = (n) =>
    Array.from({ length: 1000 }, (_, m) => ({
      key: `cpu.${m % 10}`,
      at: n * 100_000 + m * 100,
      value: n + m / 7,
    }))
  const count = 100
  await compare('time series, writes in batches of 1,000, in records', 'docstore ≥ 0.5', [
    [
      'raw classic-level batch',
      async (round) =>
        1000 *
        (await rate(count, 1, (n) =>
          raw.batch(
            batchOf(round * count + n).map(({ key, at, value }) => ({
              type: 'put',
              key: keyOf(key, at),
              value: ` n${value}`,
            })),
          ),
        )),
    ],
    [
      'docstore write',
      async (round) =>
        1000 * (await rate(count, 1, (n) => store.write(batchOf(round * count + n)))),
    ],
    [
      'lmdb transaction',
      async (round) =>
        1000 *
        (await rate(count, 1, (n) =>
          lmdb.transaction(() => {
            for (const { key, at, value } of batchOf(round * count + n))
              void lmdb.put(keyOf(key, at), ` n${value}`)
          }),
        )),
    ],
  ])
  if (only === undefined || only.some((part) => 'range scans'.includes(part)))
    await fill(store, raw, count, batchOf, keyOf)
  const hour = 3_600_000
  await compare('time series, range scans of one key over an hour, in records', 'docstore ≥ 0.5', [
    [
      'raw: iterator, values parsed',
      async () => {
        let records = 0
        const scans = await rate(50, 1, async (n) => {
          const from = (n % 10) * hour
          const found = await raw
            .iterator({
              gte: keyOf('cpu.3', from),
              lt: `${keyOf('cpu.3', from).slice(0, -10)}\uffff`,
            })
            .all()
          records = found.map(([key, text]) => ({ key, value: Number(text.slice(2)) })).length
        })
        return scans * records
      },
    ],
    [
      'docstore query',
      async () => {
        let records = 0
        const scans = await rate(50, 1, async (n) => {
          records = (
            await store.query({ key: 'cpu.3', from: (n % 10) * hour, to: ((n % 10) + 1) * hour })
          ).length
        })
        return scans * records
      },
    ],
  ])
  await opened.close()
  await Promise.all([raw.close(), lmdb.close()])
}

async function fill(store, raw, count, batchOf, keyOf) {
  for (let n = 0; n < Math.max(count * rounds, 360); n++) {
    await store.write(batchOf(n))
    await raw.batch(
      batchOf(n).map(({ key, at, value }) => ({
        type: 'put',
        key: keyOf(key, at),
        value: ` n${value}`,
      })),
    )
  }
}
