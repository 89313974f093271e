/**
 * `npm run bench -- realtime`: idle connections, broadcasts to many, private joins, changes of rows under policies, and what a
 * stream of changes leaves of the data API; beside bare `ws` doing the same sends in the same run. Clients are a process of
 * their own. BENCH_SECONDS, BENCH_SHAPES=idle|fan|joins|changes|api.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject, userToken } from './bench-project.mjs'
import { cpuByKind, cpuOf } from './cpu-time.mjs'
import { Load, endLoads, sign, tokens, userOf } from './realtime-clients.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 5)
const shapes = process.env.BENCH_SHAPES ?? ''
const project = await createProject()
appendFileSync(
  join(project.workdir, 'supabase/config.toml'),
  `max_connections = 20000
[realtime]
max_concurrent_users = 20000
max_joins_per_second = 100000
max_events_per_second = 1000000

`,
)
const anon = sign({ role: 'anon' })
let running
let db

function schemaSql() {
  return `
    create table public.notes (id bigint generated always as identity primary key, user_id uuid not null, body text not null);
    alter table public.notes enable row level security;
    create policy own on public.notes for select to authenticated using ((select auth.uid()) = user_id);
    create table public.outside (like public.notes including all);
    alter table public.outside enable row level security;
    create policy own on public.outside for select to authenticated
      using ((select auth.uid()) = user_id and length(body) < 1000);
    create table public.streamed (id bigint generated always as identity primary key, user_id uuid not null, body text not null);
    create table public.items (id int primary key, user_id uuid not null, name text not null);
    insert into public.items select i, '${userOf(0)}', 'item ' || i from generate_series(1, 10000) i;
    alter table public.items enable row level security;
    create policy own on public.items for select to authenticated using (true);
    create policy members on realtime.messages for select to authenticated using ((select auth.uid()) is not null);
    grant select on public.notes, public.outside, public.streamed, public.items to authenticated;
    alter publication supabase_realtime add table public.notes, public.outside, public.streamed;
    notify pgrst`
}

async function sql(text) {
  await db.begin(ownSession, (transaction) => transaction.script('bench.realtime', text))
}

/** Bare `ws`, for the time of `work`. */
async function withBare(work) {
  const child = fork(join(import.meta.dirname, 'bare-sockets.mjs'))
  const [port] = await once(child, 'message')
  try {
    return await work(port, child)
  } finally {
    child.kill()
  }
}

const ours = () => ({
  port: project.ports.api,
  paths: [`/realtime/v1/websocket?vsn=2.0.0&apikey=${anon}`],
})
const plain = JSON.stringify({ config: { broadcast: { self: false } } })

async function withClients(target, count, work) {
  const load = new Load()
  try {
    const { ms, firstError } = await load.do('connect', { ...target, count })
    if (firstError !== null) throw new Error(firstError)
    return await work(load, ms)
  } finally {
    load.end()
  }
}

function rssOf(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function reportIdle() {
  const count = 10_000
  // what the first connection loads is not of the connections
  await withClients(ours(), 100, (load) =>
    load.do('join', { payloads: [plain], topics: ['realtime:idle'], atOnce: 100 }),
  )
  await pause(3_000)
  const before = rssOf(running.pid)
  await withClients(ours(), count, async (load, ms) => {
    await pause(2_000)
    const open = rssOf(running.pid)
    const joined = await load.do('join', {
      payloads: [plain],
      topics: ['realtime:idle'],
      atOnce: 64,
    })
    await pause(2_000)
    const inChannel = rssOf(running.pid)
    console.log(
      `idle: ${count} connections at ${rate(count, ms)}/s, ${kb(open - before, count)} each; with a joined channel ${kb(inChannel - before, count)}, joins ${rate(count, joined.ms)}/s; RSS of Node ${(inChannel / 1e6).toFixed(0)} MB`,
    )
  })
  await withBare((port, child) =>
    withClients({ port, paths: ['/'] }, count, async (_load, ms) => {
      await pause(1_000)
      console.log(
        `  bare ws: at ${rate(count, ms)}/s, RSS ${(rssOf(child.pid) / 1e6).toFixed(0)} MB`,
      )
    }),
  )
}

const kb = (bytes, count) => `${(bytes / count / 1024).toFixed(1)} KB`
const rate = (count, ms) => ((count / ms) * 1000).toFixed(0)

/** Closed loops in turn, then ours at half the rate wanted. */
async function reportFanOut() {
  for (const count of [1_000, 10_000]) {
    const join = { payloads: [plain], topics: ['realtime:fan'], atOnce: 64 }
    const measure = (target, burst, ahead) =>
      withClients(target, count + 1, async (load) => {
        await load.do('join', join)
        await load.do('fanOut', { seconds: 1, burst, ahead })
        return load.do('fanOut', { seconds, burst, ahead })
      })
    for (const burst of [1, 10]) {
      const own = await measure(ours(), burst, 1)
      const bare = await withBare((port) => measure({ port, paths: ['/'] }, burst, 1))
      console.log(
        `broadcast to ${count}, ${burst} a tick: ${own.perSecond.toFixed(0)} deliveries/s, p50 ${own.p50.toFixed(0)} ms, p99 ${own.p99.toFixed(0)} ms; bare ws ${bare.perSecond.toFixed(0)}, ratio ${(own.perSecond / bare.perSecond).toFixed(2)}`,
      )
    }
    const everyMs = (count * 10) / 150
    const half = await withClients(ours(), count + 1, async (load) => {
      await load.do('join', join)
      return load.do('fanOutAt', { seconds, burst: 10, everyMs })
    })
    console.log(
      `broadcast to ${count} at 150,000 deliveries/s: p50 ${half.p50.toFixed(0)} ms, p99 ${half.p99.toFixed(0)} ms, all of ${half.messages} arrived`,
    )
  }
}

async function reportJoins() {
  const count = 2_000
  const payloads = tokens(count).map((token) =>
    JSON.stringify({ config: { private: true }, access_token: token }),
  )
  const topics = Array.from({ length: count }, (_, i) => `realtime:room ${i}`)
  const measure = (target) =>
    withClients(target, count, (load) => load.do('join', { payloads, topics, atOnce: 64 }))
  const { ms, errors, firstError } = await measure(ours())
  const bare = await withBare((port) => measure({ port, paths: ['/'] }))
  console.log(
    `private joins: ${rate(count, ms)}/s, ${errors} refused ${firstError ?? ''}; bare ws answers ${rate(count, bare.ms)}/s, ratio ${(bare.ms / ms).toFixed(3)}`,
  )
}

const bindingOf = (table) => [{ event: 'INSERT', schema: 'public', table }]

function subscribers(count, table, work) {
  const users = tokens(count)
  const payloads = users.map((token) =>
    JSON.stringify({ config: { postgres_changes: bindingOf(table) }, access_token: token }),
  )
  return withClients(ours(), count, async (load) => {
    const joined = await load.do('join', {
      payloads,
      topics: ['realtime:changes'],
      atOnce: 32,
      wantsSystem: true,
    })
    if (joined.errors > 0) throw new Error(joined.firstError)
    await load.do('readAll')
    return work(load, joined)
  })
}

let inserted = 0

/** Single-row transactions at a rate, for so many users. Returns how many. */
async function insertAt(table, users, perSecond, forSeconds) {
  const started = performance.now()
  let done = 0
  const running = new Set()
  while (performance.now() - started < forSeconds * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    for (; done < due && running.size < 64; done++) {
      const one = insertOne(table, users).finally(() => running.delete(one))
      running.add(one)
    }
    await pause(2)
  }
  await Promise.all(running)
  return done
}

function insertOne(table, users) {
  const statement = {
    name: `bench.insert.${table}`,
    text: `insert into public.${table} (user_id, body) values ($1, 'a note of some length')`,
    values: [userOf(inserted++ % users)],
  }
  return db.transaction(ownSession, [statement], { leaves: 'nothing' })
}

/** What is inserted at a rate, and when it arrives. */
async function measureChanges(load, table, users, perSecond, expected = (rows) => rows) {
  await load.do('readAll')
  const before = cpuOf(running.pid)
  const started = performance.now()
  const rows = await insertAt(table, users, perSecond, seconds)
  const insertMs = performance.now() - started
  const after = cpuOf(running.pid)
  const arrived = await load.do('counted', { messages: expected(rows), limitMs: 30_000 })
  const totalMs = performance.now() - started
  const cpu = (after.ownUs - before.ownUs) / rows
  return { rows, insertMs, totalMs, cpu, ...arrived }
}

function describe({ rows, insertMs, totalMs, cpu, messages, p50, p99 }) {
  return `${rate(rows, insertMs)} inserts/s, ${messages} of ${rows} arrived ${(totalMs - insertMs).toFixed(0)} ms after the last, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${cpu.toFixed(0)} µs CPU of Node a change`
}

async function reportChanges() {
  for (const count of [100, 1_000, 10_000])
    await subscribers(count, 'notes', async (load, joined) => {
      await measureChanges(load, 'notes', count, 200)
      console.log(
        `changes, ${count} subscribers, each sees its own; joined at ${rate(count, joined.ms)}/s`,
      )
      for (const perSecond of [1_000, 2_000, 3_000])
        console.log(`  ${describe(await measureChanges(load, 'notes', count, perSecond))}`)
    })
  for (const count of [100, 1_000])
    await subscribers(count, 'outside', async (load) => {
      console.log(`changes, ${count} subscribers, a policy outside the subset`)
      for (const perSecond of [100, 1_000])
        console.log(`  ${describe(await measureChanges(load, 'outside', count, perSecond))}`)
    })
}

/** What each kind of process took of a processor meanwhile, those with one percent or more. */
async function accounted(work) {
  const [before, own] = [cpuByKind(running.pid), cpuOf(process.pid)]
  const from = performance.now()
  const result = await work()
  const ms = performance.now() - from
  const after = cpuByKind(running.pid)
  const used = Object.entries(after).map(([kind, us]) => [kind, us - (before[kind] ?? 0)])
  const project_ = used.reduce((sum, [, us]) => sum + us, 0)
  const all = cpuOf(process.pid)
  const clients = all.ownUs + all.childrenUs - own.ownUs - own.childrenUs - project_
  const shares = [...used, ['clients', clients]]
    .map(([kind, us]) => [kind, us / ms / 10])
    .filter(([, share]) => share >= 1)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, share]) => `${kind} ${share.toFixed(0)}`)
  return { result, shares: shares.join(', ') }
}

/** Three times in turn: nothing else, rows that nobody listens to, rows that go to who listens. */
async function reportDataApi() {
  const token = userToken()
  const request = `GET /rest/v1/items?select=id,name&id=eq.5 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`
  const plan = { host: '127.0.0.1', port: project.ports.api, connections: 16, requests: [request] }
  const measure = async (about, rows) => {
    const { result, shares } = await accounted(async () => {
      const inserting = rows ? insertAt('notes', 100, 1_000, seconds) : 0
      const load = await runLoad({ ...plan, seconds })
      return { ...load, inserted: await inserting }
    })
    const { requests, seconds: time, p99, inserted: rows_ } = result
    const inserts = rows ? `, ${(rows_ / time).toFixed(0)} inserts/s` : ''
    console.log(
      `data API, one row, ${about}: ${(requests / time).toFixed(0)}/s, p99 ${p99.toFixed(1)} ms${inserts}; % of a processor: ${shares}`,
    )
  }
  await runLoad({ ...plan, seconds: 1 })
  await measure('nothing else', false)
  await measure('1,000 inserts/s nobody listens to', true)
  await subscribers(100, 'notes', async () => {
    await measure('100 idle subscribers', false)
    await measure('1,000 inserts/s that go to their owners', true)
    const alone = await accounted(() => insertAt('notes', 100, 1_000, seconds))
    console.log(`1,000 inserts/s that go to their owners, alone: ${alone.shares}`)
  })
  const unheard = await accounted(() => insertAt('notes', 100, 1_000, seconds))
  console.log(`1,000 inserts/s nobody listens to, alone: ${unheard.shares}`)
}

try {
  running = await startProject(project)
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 8 })
  await sql(schemaSql())
  const parts = {
    idle: reportIdle,
    fan: reportFanOut,
    joins: reportJoins,
    changes: reportChanges,
    api: reportDataApi,
  }
  for (const [name, report] of Object.entries(parts)) if (name.includes(shapes)) await report()
} finally {
  endLoads()
  await db?.close()
  await running?.stop()
  project.remove()
}
