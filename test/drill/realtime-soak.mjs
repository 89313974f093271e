/**
 * `npm run drill:soak`: 1,000 subscribers of changes of their own rows and of one topic, half the load that was measured, for
 * 30 minutes (MINUTES), or another share of it (ROWS a second in place of 1,000); every delivery is counted, and Node's memory printed. Before it, BULK rows in one transaction (default
 * 1,000,000) that one subscriber is sent. Exits 1 when a delivery is missing.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject } from '../bench/bench-project.mjs'
import { Load, endLoads, sign, tokens, userOf } from '../bench/realtime-clients.mjs'

const minutes = Number(process.env.MINUTES ?? 30)
const bulk = Number(process.env.BULK ?? 1_000_000)
const users = 1_000
const rowsPerSecond = Number(process.env.ROWS ?? 1_000)
/** Ten messages to all at a time. */
const everyMs = 100_000 / rowsPerSecond
const project = await createProject()
appendFileSync(
  join(project.workdir, 'supabase/config.toml'),
  `[realtime]
max_concurrent_users = 20000
max_joins_per_second = 100000
max_events_per_second = 1000000
`,
)
const anon = sign({ role: 'anon' })
let running
let db
let inserted = 0
let isWrong = false

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const sql = (text) => db.begin(ownSession, (transaction) => transaction.script('drill.soak', text))
const rssMb = () =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${running.pid}/status`, 'utf8'))[1]) / 1024

async function clients(count, payloads, topics, wantsSystem) {
  const load = new Load()
  const paths = [`/realtime/v1/websocket?vsn=2.0.0&apikey=${anon}`]
  await load.do('connect', { port: project.ports.api, paths, count })
  const joined = await load.do('join', { payloads, topics, atOnce: 32, wantsSystem })
  if (joined.errors > 0) throw new Error(joined.firstError)
  await load.do('keepAlive')
  return load
}

const changesOf = (count) =>
  tokens(count).map((token) =>
    JSON.stringify({
      config: { postgres_changes: [{ event: 'INSERT', schema: 'public', table: 'notes' }] },
      access_token: token,
    }),
  )

function check(name, arrived, wanted) {
  if (arrived !== wanted) isWrong = true
  console.log(`${name}: ${arrived} of ${wanted} arrived${arrived === wanted ? '' : ': WRONG'}`)
}

async function bulkTransaction() {
  const load = await clients(1, changesOf(1), ['realtime:bulk'], true)
  await load.do('count')
  const before = rssMb()
  let most = before
  const watch = setInterval(() => (most = Math.max(most, rssMb())), 50)
  const started = performance.now()
  await sql(
    `insert into public.notes (user_id, body) select '${userOf(0)}', repeat('n', 100) from generate_series(1, ${bulk})`,
  )
  const { messages } = await load.do('counted', { messages: bulk, limitMs: 300_000 })
  clearInterval(watch)
  console.log(
    `one transaction of ${bulk} rows in ${((performance.now() - started) / 1000).toFixed(0)} s; RSS of Node ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
  )
  check('rows of it', messages, bulk)
  load.end()
  await sql('truncate public.notes')
}

async function insertFor(ms) {
  const started = performance.now()
  const open = new Set()
  let done = 0
  while (performance.now() - started < ms) {
    const due = Math.floor(((performance.now() - started) / 1000) * rowsPerSecond)
    for (; done < due && open.size < 64; done++) {
      const statement = {
        name: 'drill.insert',
        text: `insert into public.notes (user_id, body) values ($1, 'a note of some length')`,
        values: [userOf(inserted++ % users)],
      }
      const one = db
        .transaction(ownSession, [statement], { leaves: 'nothing' })
        .finally(() => open.delete(one))
      open.add(one)
    }
    await pause(2)
  }
  await Promise.all(open)
  return done
}

/** A minute of both, all of it counted. */
async function round(changes, room) {
  const ms = Math.min(minutes, 1) * 60_000
  await changes.do('readAll')
  const [rows, heard] = await Promise.all([
    insertFor(ms),
    // 10 messages to 1,000 every 100 ms are 100,000 deliveries a second
    room.do('fanOutAt', { seconds: ms / 1000, burst: 10, everyMs }),
  ])
  const arrived = await changes.do('counted', { messages: rows, limitMs: 30_000 })
  console.log(
    `RSS of Node ${rssMb().toFixed(0)} MB; changes p99 ${arrived.p99.toFixed(0)} ms, broadcasts p99 ${heard.p99.toFixed(0)} ms`,
  )
  check('changes', arrived.messages, rows)
  check('broadcasts', heard.messages, Math.round(ms / everyMs) * 10 * users)
}

try {
  running = await startProject(project)
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 8 })
  await sql(`
    create table public.notes (id bigint generated always as identity primary key, user_id uuid not null, body text not null);
    alter table public.notes enable row level security;
    create policy own on public.notes for select to authenticated using ((select auth.uid()) = user_id);
    grant select on public.notes to authenticated;
    alter publication supabase_realtime add table public.notes`)
  if (bulk > 0) await bulkTransaction()
  const changes = await clients(users, changesOf(users), ['realtime:changes'], true)
  const room = await clients(users + 1, ['{"config":{}}'], ['realtime:room'], false)
  for (let minute = 0; minute < minutes; minute++) await round(changes, room)
} finally {
  endLoads()
  await db?.close()
  await running?.stop()
  project.remove()
}
process.exitCode = isWrong ? 1 : 0
