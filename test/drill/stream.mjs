/**
 * `npm run drill:stream [-- megabytes]`: a large result read slowly, at once, as CSV and as one value; the memory of Node
 * and of the Postgres backends at their highest meanwhile, against that of buffering everything. Exits 1 when Node grew by more than 40 MB.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { get } from 'node:http'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject, userToken } from '../bench/bench-project.mjs'

const megabytes = Number(process.argv[2] ?? 100)
const rows = megabytes * 1000
const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const allowedMb = 40

const schema = `
create view public.large as select i as id, repeat(md5(i::text), 30) as text from generate_series(1, ${rows}) i;
create function public.large_value() returns text language sql stable as
  $$ select string_agg(text, '') from public.large $$;
create function public.large_rows() returns setof public.large language sql stable as 'select * from public.large';
grant select on public.large to anon, authenticated;
notify pgrst;
`

const project = await createProject({ maxRows: 0 })
let running
try {
  running = await startProject(project)
  await run(schema)
  // connections, code and catalog are there, and Node has the heap it works with
  await request('/large?limit=5000', {})
  console.log(
    `${megabytes} MB\nanswer                         MB    seconds  first byte ms  Node +MB  backend MB  sha1`,
  )
  const csv = { accept: 'text/csv' }
  const shapes = [
    ['JSON, first time', '/large', {}],
    ['JSON, again', '/large', {}],
    ['JSON, read at 50 MB/s', '/large', {}, 50],
    ['JSON, filtered, first time', '/large?id=gt.0', {}],
    ['JSON, filtered, again', '/large?id=gt.0', {}],
    ['CSV', '/large', csv],
    ['rows of a function', '/rpc/large_rows', {}],
    ['one value', '/rpc/large_value', {}],
    ['one value, read at 50 MB/s', '/rpc/large_value', {}, 50],
  ]
  for (const [name, path, headers, rate] of shapes) await measure(name, path, headers, rate)
} finally {
  await running?.stop()
  project.remove()
}

async function run(text) {
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  await db.begin(ownSession, (transaction) => transaction.script('drill.schema', text))
  await db.close()
}

async function measure(name, path, headers, rate) {
  const before = residentMb(running.pid)
  let [node, backend] = [before, 0]
  const watch = setInterval(() => {
    node = Math.max(node, residentMb(running.pid))
    backend = Math.max(backend, ...backends().map(privateMb))
  }, 20)
  const answer = await request(path, headers, rate)
  clearInterval(watch)
  const grown = node - before
  const cell = (value, width) => String(value).padStart(width)
  console.log(
    `${name.padEnd(29)} ${cell(answer.megabytes.toFixed(1), 6)} ${cell(answer.seconds.toFixed(2), 9)} ${cell(answer.firstMs.toFixed(0), 13)} ${cell(grown.toFixed(0), 9)} ${cell(backend.toFixed(0), 11)}  ${answer.hash.slice(0, 10)} ${answer.range}`,
  )
  // one value has to be made by Postgres; Node never holds it
  if (grown > allowedMb) process.exitCode = 1
}

/** `rate` in MB/s; without one as fast as it comes. */
function request(path, headers, rate) {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const all = { apikey: key, authorization: `Bearer ${userToken()}`, ...headers }
    const options = { host: '127.0.0.1', port: project.ports.api, path: `/rest/v1${path}` }
    const readAll = async (response) => {
      const hash = createHash('sha1')
      let bytes = 0
      let firstMs = 0
      for await (const chunk of response) {
        if (bytes === 0) firstMs = performance.now() - started
        bytes += chunk.length
        hash.update(chunk)
        const aheadMs = rate === undefined ? 0 : bytes / rate / 1000 - (performance.now() - started)
        if (aheadMs > 5) await new Promise((done) => setTimeout(done, aheadMs))
      }
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`)
      resolve({
        megabytes: bytes / 1e6,
        seconds: (performance.now() - started) / 1000,
        firstMs,
        hash: hash.digest('hex'),
        range: response.headers['content-range'],
      })
    }
    get({ ...options, headers: all, agent: false }, (response) => {
      readAll(response).catch(reject)
    }).on('error', reject)
  })
}

function residentMb(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

/** Without the shared buffers, which every backend maps. */
function privateMb(pid) {
  try {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
  } catch {
    return 0
  }
}

/** Of our own Postgres: grandchildren of the process under test. */
function backends() {
  const parents = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // ended meanwhile
    }
  }
  const family = [running.pid]
  for (const member of family)
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  return family.slice(1)
}
