/** The catalog: how long 1,000 tables take to load, and what requests notice of reloads without end. */
import { loadCatalog } from '../../packages/server/dist/base/catalog/introspect/index.js'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { ownerUrl } from './capture-statements.mjs'
import { runLoad } from './run-load.mjs'

const tables = 1_000
const seconds = 4

export async function measureCatalog(project, { requests }) {
  const db = openDatabase({ connection: parseConnectionUrl(ownerUrl(project)), maxConnections: 2 })
  const script = (text) =>
    db.begin(ownSession, (transaction) => transaction.script('bench.catalog', text))
  const load = { host: '127.0.0.1', port: project.ports.api, connections: 16, seconds, requests }
  const before = await runLoad(load)
  await script(`do $$ begin for i in 1..${tables} loop
    execute format('create table public.many_%s (id int primary key, parent int references public.boards, name text, at timestamptz)', i);
    end loop; end $$`)
  const times = []
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    await loadCatalog(db, { schemas: ['public'], extraSearchPath: ['public', 'extensions'] })
    times.push(performance.now() - started)
  }
  const idle = await runLoad(load)
  let changes = 0
  let changing = true
  const changer = (async () => {
    while (changing) {
      await script(`create table public.passing (id int); drop table public.passing; notify pgrst`)
      changes++
      await new Promise((done) => setTimeout(done, 50))
    }
  })()
  const during = await runLoad(load)
  changing = false
  await changer
  await db.close()
  const told = ({ requests: count, seconds: took, p50, p99, errors }) =>
    `${(count / took).toFixed(0)} requests/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${errors} errors`
  console.log(
    `\ncatalog of ${tables} tables: loaded in ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`,
  )
  console.log(`16 connections, few tables:      ${told(before)}`)
  console.log(`16 connections, ${tables} tables:    ${told(idle)}`)
  console.log(`the same, ${String(changes).padStart(3)} changes of schema: ${told(during)}`)
}
