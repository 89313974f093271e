/** A project for measuring: a folder with a schema, started by the real command, measured from outside. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/db/index.js'

const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const jwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'
/** BENCH_NODE_FLAGS='--cpu-prof --cpu-prof-dir=/tmp/prof' profiles the server. */
const profiling = process.env.BENCH_NODE_FLAGS?.split(' ') ?? []
export const userId = '11111111-2222-4333-8444-555555555555'

const schema = `
create table public.items (
  id int primary key, user_id uuid not null, name text not null, price int not null, details jsonb not null
);
insert into public.items
  select i, case when i <= 50000 then '${userId}' else gen_random_uuid() end::uuid, 'item ' || i, i % 1000,
         jsonb_build_object('color', 'c' || i % 10)
  from generate_series(1, 100000) i;
create index on public.items (user_id);
alter table public.items enable row level security;
create policy own on public.items for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

create table public.events (
  id bigint generated always as identity primary key, user_id uuid not null default auth.uid(), body text not null
);
alter table public.events enable row level security;
create policy own on public.events for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
analyze;
`

/** A free port; another process may take it before we do, which a bench may tell. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

export async function createProject() {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-bench-'))
  const supabase = join(workdir, 'supabase')
  mkdirSync(join(supabase, 'migrations'), { recursive: true })
  const ports = { api: await freePort(), db: await freePort(), admin: await freePort() }
  writeFileSync(
    join(supabase, 'config.toml'),
    `project_id = "bench"
[api]
port = ${ports.api}
[db]
port = ${ports.db}
[db.settings]
track_activity_query_size = "16384"
max_connections = "120"
[basalt]
admin_port = ${ports.admin}
log_requests = true
`,
  )
  return { workdir, ports, remove: () => rmSync(workdir, { recursive: true, force: true }) }
}

/** Makes the tables after the start, so that the start is measured without 100,000 rows. */
export async function loadSchema(project) {
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  await db.begin(ownSession, (transaction) => transaction.script('bench.schema', schema))
  await db.close()
}

/** Starts the command; resolves at the first 200 of /rest-admin/v1/ready with the time since the spawn. */
export async function startProject(project) {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [...profiling, command, '--workdir', project.workdir, 'start', '--json'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  // request logs are written, and thrown away here
  child.stdout.resume()
  child.once('exit', (code) => {
    if (code) console.error(`basalt start ended with ${code}\n${said}`)
  })
  while (!(await isReady(project.ports.api))) {
    if (child.exitCode !== null) throw new Error('basalt start ended before it was ready')
  }
  const readyMs = performance.now() - started
  return {
    pid: child.pid,
    readyMs,
    stop: async () => {
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}

function isReady(port) {
  return new Promise((done) => {
    const later = () => setTimeout(() => done(false), 5)
    get({ host: '127.0.0.1', port, path: '/rest-admin/v1/ready', agent: false }, (response) => {
      response.resume()
      if (response.statusCode === 200) done(true)
      else later()
    }).on('error', later)
  })
}

export function userToken() {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 36_000
  const claims = {
    sub: userId,
    role: 'authenticated',
    aud: 'authenticated',
    exp,
    email: 'bench@example.com',
    session_id: userId,
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: {},
    aal: 'aal1',
  }
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', jwtSecret).update(content).digest('base64url')}`
}

/** Resident and proportional memory in MB of a process and everything below it. */
export function memoryOf(pid) {
  const parents = new Map()
  for (const entry of readdirSync('/proc'))
    if (/^\d+$/.test(entry)) {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
      } catch {
        // ended meanwhile
      }
    }
  const family = new Set([pid])
  for (let grown = true; grown;) {
    grown = false
    for (const [child, parent] of parents)
      if (family.has(parent) && !family.has(child)) grown = !!family.add(child)
  }
  let rss = 0
  let pss = 0
  for (const member of family) {
    const rollup = readFileSync(`/proc/${member}/smaps_rollup`, 'utf8')
    rss += Number(/^Rss:\s+(\d+)/m.exec(rollup)[1])
    pss += Number(/^Pss:\s+(\d+)/m.exec(rollup)[1])
  }
  return { processes: family.size, rssMb: rss / 1024, pssMb: pss / 1024 }
}
