/**
 * What counting costs: the read of one row with a user's token and with a key of the same user, one after the other in
 * each round; requests/s, and CPU time in µs a request, Postgres included. BENCH_SECONDS, BENCH_ROUNDS.
 */
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
  decodeRows,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, loadSchema, startProject, userId, userToken } from './bench-project.mjs'
import { cpuOf } from './cpu-time.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 3)
const rounds = Number(process.env.BENCH_ROUNDS ?? 7)
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const publishable = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const ids = Array.from({ length: 997 }, (_, i) => 1 + ((i * 7919) % 40_000))

/** Policies read claims: what differs should be the key, and not how much there is to read. */
const claimsOfKeys = {
  phone: '',
  is_anonymous: false,
  amr: [{ method: 'api_key' }],
  api_key_permissions: { read: true, write: true },
}

const project = await createProject()
const running = await startProject(project)
try {
  await loadSchema(project)
  const key = await makeKey()
  for (const connections of (process.env.BENCH_CONNECTIONS ?? '1,16').split(',').map(Number))
    await compare(key, connections)
} finally {
  await running.stop()
  project.remove()
}

async function makeKey() {
  const url = `http://127.0.0.1:${project.ports.api}/admin/v1/projects/default/api-keys/enable`
  const { defaultKeys } = await import('../../packages/server/dist/base/token/index.js')
  const authorization = `Bearer ${defaultKeys().serviceRoleKey}`
  const enabled = await fetch(url, { method: 'POST', headers: { authorization } })
  if (!enabled.ok) throw new Error(await enabled.text())
  const statement = {
    name: 'bench.makeKey',
    values: [],
    text: `with owner as (
        insert into auth.users (id, instance_id, aud, role, email, raw_app_meta_data, raw_user_meta_data)
        values ('${userId}', '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'bench@example.com',
          '{"provider":"email","providers":["email"]}', '{}') returning id)
      select id from owner`,
  }
  const insert = {
    name: 'bench.insertKey',
    values: [],
    text: `insert into public.api_keys (user_id, name, permissions, rate_limit, monthly_quota)
      values ('${userId}', 'bench', '{"read":true,"write":true}', 1000000000, 2000000000) returning key::text as key`,
  }
  const owner = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(owner), maxConnections: 1 })
  await db.transaction(ownSession, [statement])
  const [made] = await db.transaction(ownSession, [insert])
  await db.close()
  return decodeRows(made)[0].key
}

async function compare(key, connections) {
  const credentials = { token: userToken(claimsOfKeys), key }
  const taken = { token: [], key: [] }
  for (let round = 0; round < rounds; round++)
    for (const [name, bearer] of round % 2 === 0
      ? Object.entries(credentials)
      : Object.entries(credentials).toReversed())
      taken[name].push(await measure(bearer, connections))
  const of = (name, what) => median(taken[name].map((one) => one[what]))
  console.log(
    `\nread of one row under RLS, ${connections} connections, ${rounds} rounds of ${seconds} s, medians`,
  )
  for (const name of ['token', 'key'])
    console.log(
      `${name.padEnd(6)} ${of(name, 'rate').toFixed(0).padStart(7)} requests/s  p50 ${of(name, 'p50').toFixed(2)} ms  p99 ${of(name, 'p99').toFixed(2)} ms  CPU Node ${of(name, 'node').toFixed(1)} µs, Postgres ${of(name, 'postgres').toFixed(1)} µs  errors ${taken[name].reduce((sum, { errors }) => sum + errors, 0)}`,
    )
  const ratios = taken.key.map(({ rate }, i) => rate / taken.token[i].rate)
  // of medians: a round has whatever else the machine does in it
  const cpu = (name) => of(name, 'node') + of(name, 'postgres')
  console.log(
    `key / token: requests/s ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}), CPU of the server ${(cpu('key') / cpu('token')).toFixed(3)}`,
  )
}

async function measure(bearer, connections) {
  const head = `Host: bench\r\napikey: ${publishable}\r\nAuthorization: Bearer ${bearer}\r\nX-Client-Info: supabase-js/2\r\n`
  const requests = ids.map(
    (id) => `GET /rest/v1/items?select=id,name,price&id=eq.${id} HTTP/1.1\r\n${head}\r\n`,
  )
  const before = cpuOf(running.pid)
  const load = { host: '127.0.0.1', port: project.ports.api, connections, seconds, requests }
  const result = await runLoad(load)
  // what was counted is written within the second
  await new Promise((done) => setTimeout(done, 1_000))
  const after = cpuOf(running.pid)
  return {
    rate: result.requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    errors: result.errors,
    node: (after.ownUs - before.ownUs) / result.requests,
    postgres: (after.childrenUs - before.childrenUs) / result.requests,
  }
}
