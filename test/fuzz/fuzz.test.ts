/**
 * Random valid reads against the same question in plain SQL, and random bytes. A seeded few here; `npm run drill:fuzz`
 * runs 100,000 of each (FUZZ_REQUESTS, FUZZ_SEED).
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createRestLoader, startRest } from '@basalt/server/rest'
import type { RestServer } from '@basalt/server/rest'
import { cloneDatabase, executeDirectly } from '@basalt/server/testing'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { RawClient } from './client.ts'
import type { RawAnswer } from './client.ts'
import { checksumSql, schemaSql } from './fuzz-schema.ts'
import { randomNoise } from './noise.ts'
import { createRandom } from './random.ts'
import { randomTree } from './request-tree.ts'
import type { Tree } from './request-tree.ts'
import { writeQuery } from './write-query.ts'
import { writeSql } from './write-sql.ts'

const requests = Number(process.env['FUZZ_REQUESTS'] ?? 600)
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_120)
const isDrill = process.env['FUZZ_REQUESTS'] !== undefined
const workers = 8
const hangMs = 10_000
const limitMs = 60_000 + requests * 20

const role = `fuzz_${randomBytes(4).toString('hex')}`
let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database
const running: RestServer[] = []

beforeAll(async () => {
  database = await cloneDatabase(inject('testServer').url, 'template0')
  await executeDirectly(
    database.url,
    ...schemaSql,
    `create role ${role}`,
    `grant usage on schema fuzz to ${role}`,
    `grant all on all tables in schema fuzz to ${role}`,
    'analyze',
  )
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: workers })
})
afterAll(async () => {
  for (const server of running) await server.stop()
  await db.close()
  await database.drop()
  await executeDirectly(inject('testServer').url, `drop role ${role}`)
})

async function start(variables: Readonly<Record<string, string>>): Promise<number> {
  const server = await startRest({
    load: createRestLoader({
      environment: {
        PGRST_DB_URI: database.url,
        PGRST_DB_SCHEMAS: 'fuzz',
        PGRST_DB_ANON_ROLE: role,
        PGRST_DB_AGGREGATES_ENABLED: 'true',
        PGRST_JWT_SECRET: 'a secret that has at least 32 characters',
        PGRST_SERVER_HOST: '127.0.0.1',
        PGRST_SERVER_PORT: '0',
        PGRST_LOG_LEVEL: 'crit',
        ...variables,
      },
    }),
  })
  running.push(server)
  return Number(/:(\d+)$/.exec(server.address)?.[1])
}

/** Runs `one` as often as asked, some at a time, and says how fast it was. */
async function repeat(
  name: string,
  one: (client: RawClient, at: number) => Promise<void>,
  port: number,
) {
  const started = performance.now()
  let next = 0
  const work = async (): Promise<void> => {
    const client = new RawClient(port, hangMs)
    while (next < requests) await one(client, next++)
    client.close()
  }
  await Promise.all(Array.from({ length: workers }, work))
  const seconds = (performance.now() - started) / 1000
  if (isDrill)
    console.log(
      `${name}: ${requests} requests from seed ${seed} in ${seconds.toFixed(0)} s, ${(requests / seconds).toFixed(0)}/s`,
    )
}

async function ask<T>(text: string): Promise<T | null> {
  try {
    const result = await db.execute({ name: 'fuzz.ask', text, values: [] })
    return decodeRows<T>(result)[0] ?? null
  } catch {
    return null
  }
}

/** Lists of rows in an order of their own, where no other was asked for. */
function canonical(value: unknown, ordered: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, ordered))
    const sorted = ordered || typeof items[0] !== 'object'
    return sorted
      ? items
      : items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonical(inner, ordered)]))
}

interface Expected {
  readonly body: string
  readonly total: number
}

function differs(tree: Tree, answer: RawAnswer, expected: Expected | null): string | null {
  const text = answer.body.toString()
  if (expected === null)
    return answer.status >= 400 && answer.status < 500 ? null : 'SQL fails, the request does not'
  const { node, ordered, counted } = tree
  // no rows are asked for: as in PostgREST the offset is of no consequence
  const first = node.limit === 0 ? 0 : (node.offset ?? 0)
  if (counted && first > expected.total) return answer.status === 416 ? null : 'not 416'
  if (answer.status !== 200 && answer.status !== 206) return 'fails'
  const rows = JSON.parse(text) as unknown[]
  const wanted = JSON.parse(expected.body) as unknown[]
  if (JSON.stringify(canonical(rows, ordered)) !== JSON.stringify(canonical(wanted, ordered)))
    return 'other rows'
  const page =
    wanted.length === 0 || (counted && expected.total === 0)
      ? '*'
      : `${first}-${first + wanted.length - 1}`
  const range = `${page}/${counted ? expected.total : '*'}`
  const found = /^content-range: (.*)$/im.exec(answer.headers)?.[1]
  if (found !== range) return `content-range ${found} instead of ${range}`
  const whole = !counted || wanted.length >= expected.total
  return answer.status === (whole ? 200 : 206) ? null : 'wrong status'
}

test(
  'random valid reads answer what plain SQL answers',
  async () => {
    const port = await start({})
    const wrong: string[] = []
    const seen = { rows: 0, refused: 0 }
    await repeat(
      'valid reads',
      async (client, at) => {
        const tree = randomTree(createRandom(seed + at))
        const target = writeQuery(tree)
        const prefer = tree.counted ? 'Prefer: count=exact\r\n' : ''
        const sql = writeSql(tree)
        const [expected, answer] = await Promise.all([
          ask<Expected>(sql),
          client.send(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: fuzz\r\n${prefer}\r\n`), false),
        ])
        if (expected === null) seen.refused++
        else if (expected.body.length > 2) seen.rows++
        const problem = differs(tree, answer, expected)
        if (problem !== null && wrong.length < 5)
          wrong.push(
            `${seed + at} ${problem}\n${decodeURIComponent(target)}\n${answer.status} ${answer.body.toString().slice(0, 600)}\n${expected?.body.slice(0, 600)}\n${sql}`,
          )
      },
      port,
    )
    if (isDrill) console.log(`${seen.rows} with rows, ${seen.refused} refused by both`)
    expect(wrong.join('\n\n')).toBe('')
    // questions worth asking: most have an answer
    expect(seen.rows).toBeGreaterThan(requests * 0.4)
    expect(seen.refused).toBeLessThan(requests * 0.05)
  },
  limitMs,
)

test(
  'random bytes never fail with 5xx, never hang, never change data',
  async () => {
    const port = await start({ PGRST_DB_TX_END: 'rollback' })
    const before = await ask(checksumSql)
    const wrong: string[] = []
    const statuses = new Map<number, number>()
    await repeat(
      'random bytes',
      async (client, at) => {
        const noise = randomNoise(createRandom(seed + at))
        const answer = await client
          .send(noise.bytes, noise.method === 'HEAD')
          .catch((error: unknown) => error as Error)
        const status = answer instanceof Error ? 0 : answer.status
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if ((status === 0 || status >= 500) && wrong.length < 5) {
          const said =
            answer instanceof Error ? answer.message : answer.body.toString().slice(0, 600)
          wrong.push(
            `${seed + at} ${JSON.stringify(noise.bytes.toString('latin1'))}\n${status} ${said}`,
          )
        }
      },
      port,
    )
    if (isDrill)
      console.log('statuses:', Object.fromEntries([...statuses].toSorted(([a], [b]) => a - b)))
    expect(wrong.join('\n\n')).toBe('')
    expect(before).not.toBeNull()
    expect(await ask(checksumSql)).toEqual(before)
  },
  limitMs,
)
