/** What the parts of `npm run bench -- realtime` stand on: the project, its tables, its clients, and bare `ws` beside it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject } from './bench-project.mjs'
import { Load, sign, tokens, userOf } from './realtime-clients.mjs'

export const seconds = Number(process.env.BENCH_SECONDS ?? 5)
export const project = await createProject()
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
export let running
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
    create function public.owns(owner uuid) returns boolean language sql stable as 'select (select auth.uid()) = owner';
    create table public.opaque (like public.notes including all);
    alter table public.opaque enable row level security;
    create policy own on public.opaque for select to authenticated using (public.owns(user_id));
    create table public.streamed (id bigint generated always as identity primary key, user_id uuid not null, body text not null);
    create table public.items (id int primary key, user_id uuid not null, name text not null);
    insert into public.items select i, '${userOf(0)}', 'item ' || i from generate_series(1, 10000) i;
    alter table public.items enable row level security;
    create policy own on public.items for select to authenticated using (true);
    create policy members on realtime.messages for select to authenticated using ((select auth.uid()) is not null);
    grant select on public.notes, public.outside, public.opaque, public.streamed, public.items to authenticated;
    alter publication supabase_realtime add table public.notes, public.outside, public.opaque, public.streamed;
    notify pgrst`
}

export async function open() {
  running = await startProject(project)
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 8 })
  await db.begin(ownSession, (transaction) => transaction.script('bench.realtime', schemaSql()))
}

export async function close() {
  await db?.close()
  await running?.stop()
  project.remove()
}

/** Bare `ws`, for the time of `work`. */
export async function withBare(work) {
  const child = fork(join(import.meta.dirname, 'bare-sockets.mjs'))
  const [port] = await once(child, 'message')
  try {
    return await work(port, child)
  } finally {
    child.kill()
  }
}

export const ours = () => ({
  port: project.ports.api,
  paths: [`/realtime/v1/websocket?vsn=2.0.0&apikey=${anon}`],
})
export const plain = JSON.stringify({ config: { broadcast: { self: false } } })

export async function withClients(target, count, work) {
  const load = new Load()
  try {
    const { ms, firstError } = await load.do('connect', { ...target, count })
    if (firstError !== null) throw new Error(firstError)
    return await work(load, ms)
  } finally {
    load.end()
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export const rate = (count, ms) => ((count / ms) * 1000).toFixed(0)

const bindingOf = (table) => [{ event: 'INSERT', schema: 'public', table }]

export function subscribers(count, table, work) {
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
export async function insertAt(table, users, perSecond, forSeconds) {
  const started = performance.now()
  let done = 0
  const open_ = new Set()
  while (performance.now() - started < forSeconds * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
    for (; done < due && open_.size < 64; done++) {
      const one = insertOne(table, users).finally(() => open_.delete(one))
      open_.add(one)
    }
    await pause(2)
  }
  await Promise.all(open_)
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
