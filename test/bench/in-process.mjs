/**
 * `npm run bench -- in-process`: the hot path without HTTP, for profiling: `node --cpu-prof test/bench/in-process.mjs`.
 * CPU of Node in µs a request, which a busy machine disturbs little.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { openLocalPlatform } from '../../packages/server/dist/host/node/index.js'
import { schema, userToken } from './bench-project.mjs'

const workdir = mkdtempSync(join(tmpdir(), 'basalt-in-process-'))
mkdirSync(join(workdir, 'supabase'))
const local = await openLocalPlatform({ workdir })
const { platform, databaseUrl } = local
const db = openDatabase({ connection: parseConnectionUrl(databaseUrl), maxConnections: 1 })
await db.begin(ownSession, (transaction) => transaction.script('bench.schema', schema))
await db.close()

const authorization = `Bearer ${userToken()}`
const headers = {
  host: 'bench',
  apikey: platform.keys.publishableKey,
  authorization,
  'x-client-info': 'supabase-js/2',
}
const cancellation = { cancelled: false, onCancel: () => () => {} }
const body = { read: () => Promise.resolve(new Uint8Array()), stream: async function* () {} }
const queries = {
  'one row': (id) => ['items', `select=id,name,price&id=eq.${id}`],
  '20 rows with a to-many': (id) => [
    'boards',
    `select=id,title,cards(id,title)&id=gte.${id}&order=id&limit=20`,
  ],
}
let next = 0

async function one(query) {
  const [table, text] = query(1 + ((next++ * 7919) % 40_000))
  const path = `/rest/v1/${table}`
  const request = { method: 'GET', path, query: text, headers, remoteAddress: '127.0.0.1' }
  const response = await platform.handle({ ...request, cancellation, body })
  if (response.status !== 200) throw new Error(`${response.status} ${String(response.body)}`)
}

async function measure(name, query, concurrency, total) {
  let left = total
  const started = performance.now()
  const before = process.cpuUsage()
  const work = async () => {
    while (left-- > 0) await one(query)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const { user, system } = process.cpuUsage(before)
  const rate = (total / (performance.now() - started)) * 1000
  console.log(
    `${name}, ${concurrency} at once: ${rate.toFixed(0)} requests/s, ${((user + system) / total).toFixed(1)} µs CPU of Node a request`,
  )
}

try {
  for (const [name, query] of Object.entries(queries)) {
    await measure(`${name} (warming up)`, query, 16, 5_000)
    for (const concurrency of [1, 16, 64]) await measure(name, query, concurrency, 15_000)
  }
} finally {
  await local.close()
  rmSync(workdir, { recursive: true })
}
