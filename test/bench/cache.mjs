/** Answers from the cache against the same answers from Postgres, in one run: requests/s, and how late a write is seen, also on another node over Redis. BENCH_SECONDS, BENCH_ROUNDS, BENCH_WRITES. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, loadSchema, startProject } from './bench-project.mjs'
import { quantile } from './quantile.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 1)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const head =
  'Host: bench\r\napikey: sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH\r\nX-Client-Info: supabase-js/2\r\n'
const ids = Array.from({ length: 100 }, (_, i) => 1 + i * 331)
const shapes = {
  'one row': (id) => `boards?select=id,title&id=eq.${id}`,
  '100 rows': (id) => `boards?select=id,title&id=gte.${id}&order=id&limit=100`,
  '20 rows with an embedded to-many': (id) =>
    `boards?select=id,title,cards(id,title)&id=gte.${id}&order=id&limit=20`,
}

const project = await createProject()
appendFileSync(
  join(project.workdir, 'supabase/config.toml'),
  '[basalt.cache]\nenabled = true\nroutes = ["boards"]\n',
)
const running = await startProject(project)
const db = openDatabase({
  connection: parseConnectionUrl(
    `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`,
  ),
  maxConnections: 1,
})
const script = (text) =>
  db.begin(ownSession, (transaction) => transaction.script('bench.script', text))
try {
  await loadSchema(project)
  await script('grant select on public.boards, public.cards to anon; notify pgrst')
  for (const [name, target] of Object.entries(shapes)) {
    await untilHit(target(ids[0]))
    const rates = { cached: [], uncached: [] }
    for (let round = 0; round < rounds; round++) {
      rates.uncached.push(await load(target, 'Cache-Control: no-store\r\n'))
      rates.cached.push(await load(target, ''))
    }
    const [cached, uncached] = [median(rates.cached), median(rates.uncached)]
    console.log(
      `${name}: ${cached.toFixed(0)} hits/s, ${uncached.toFixed(0)}/s without, ${(cached / uncached).toFixed(1)} times`,
    )
  }
  await measureStaleness()
} finally {
  await db.close()
  await running.stop()
  project.remove()
}

await import('./cache-nodes.mjs')

async function load(target, extra) {
  const requests = ids.map((id) => `GET /rest/v1/${target(id)} HTTP/1.1\r\n${head}${extra}\r\n`)
  const plan = { host: '127.0.0.1', port: project.ports.api, connections: 16, seconds, requests }
  const result = await runLoad(plan)
  return result.requests / result.seconds
}

async function read(target) {
  const response = await fetch(`http://127.0.0.1:${project.ports.api}/rest/v1/${target}`)
  return { text: await response.text(), way: response.headers.get('cache-status') }
}

async function untilHit(target) {
  while ((await read(target)).way !== 'basalt; hit');
}

/** From the acknowledgement of a write to the first answer that shows it, asked without a pause. */
async function measureStaleness() {
  const late = []
  const target = 'boards?select=title&id=eq.1'
  for (let i = 0; i < 300; i++) {
    await untilHit(target)
    await script(`update public.boards set title = 'title ${i}' where id = 1`)
    const written = performance.now()
    while (!(await read(target)).text.includes(`title ${i}"`));
    late.push(performance.now() - written)
  }
  late.sort((a, b) => a - b)
  console.log(
    `a write is seen after: p50 ${quantile(late, 0.5).toFixed(1)} ms, p99 ${quantile(late, 0.99).toFixed(1)} ms, at most ${late.at(-1).toFixed(1)} ms`,
  )
}
