/** `npm run bench -- vector`: exact search of the stand-in, milliseconds a query for the ten nearest, over all rows. */
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject } from './bench-project.mjs'

const rounds = 7
const session = { ...ownSession, settings: [['search_path', 'public, extensions']] }
const project = await createProject()
try {
  const running = await startProject(project)
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  const run = (text, values = []) =>
    db.transaction(session, [{ name: 'bench.vector', text, values }], { prepare: false })
  await run('create extension vector with schema extensions')
  for (const dims of [384, 1536])
    for (const count of [1_000, 10_000]) await measure(run, dims, count)
  await db.close()
  await running.stop()
} finally {
  project.remove()
}

async function measure(run, dims, count) {
  const table = `v${dims}_${count}`
  await run(`create table ${table} (id int, embedding vector(${dims}))`)
  const begun = performance.now()
  await run(
    `insert into ${table} select n, array(select random() * 2 - 1 from generate_series(1, ${dims}) where n > 0) from generate_series(1, ${count}) as n`,
  )
  const insertMs = performance.now() - begun
  await run(`analyze ${table}`)
  const line = [`${count} rows × ${dims}`, `insert ${(insertMs / count).toFixed(2)} ms/row`]
  for (const operator of ['<->', '<#>', '<=>']) {
    const times = []
    for (let round = 0; round < rounds; round++)
      times.push(await timeQuery(run, table, dims, operator))
    times.sort((a, b) => a - b)
    line.push(`${operator} ${times[Math.floor(rounds / 2)].toFixed(1)} ms`)
  }
  const [size] = await run(`select pg_total_relation_size('${table}') / ${count}`)
  line.push(`${(Number(Buffer.from(size.rows[0][0]).toString()) / 1024).toFixed(1)} kB/row`)
  console.log(line.join('   '))
}

async function timeQuery(run, table, dims, operator) {
  const query = `[${Array.from({ length: dims }, () => (Math.random() * 2 - 1).toFixed(7)).join(',')}]`
  const begun = performance.now()
  await run(`select id from ${table} order by embedding ${operator} $1 limit 10`, [query])
  return performance.now() - begun
}
