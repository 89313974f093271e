/**
 * `npm run drill:net [-- rounds]`: 1,000 calls are queued, and the server killed (-9) while it sends them. After the next
 * start all must have arrived; twice only those that were under way. Exits 1 otherwise.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import {
  decodeRows,
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject } from '../bench/bench-project.mjs'

const rounds = Number(process.argv[2] ?? 5)
const calls = 1_000
/** As many leave at a time (net-queue.ts). */
const maxInFlight = 200

const arrived = new Map()
let answered = 0
const target = createServer((request, response) => {
  arrived.set(request.url, (arrived.get(request.url) ?? 0) + 1)
  // as a function would: not at once
  setTimeout(() => response.end('{}', () => answered++), 20)
})
target.listen(0, '127.0.0.1')
await once(target, 'listening')
const address = `http://127.0.0.1:${target.address().port}`
const project = await createProject()
try {
  let running = await startProject(project)
  await query('create extension if not exists pg_net with schema extensions')
  for (let round = 1; round <= rounds; round++) {
    arrived.clear()
    answered = 0
    await query(
      `select net.http_get('${address}/${round}/' || n) from generate_series(1, ${calls}) as n`,
    )
    while (answered < 100 + Math.random() * 600) await new Promise((done) => setTimeout(done, 2))
    process.kill(running.pid, 'SIGKILL')
    const before = arrived.size
    running = await startProject(project)
    const begun = performance.now()
    while ((await query('select count(*) as n from net.http_request_queue'))[0].n > 0)
      await new Promise((done) => setTimeout(done, 20))
    const ms = performance.now() - begun
    const twice = [...arrived.values()].filter((n) => n > 1).length
    const more = [...arrived.values()].filter((n) => n > 2).length
    console.log(
      `round ${round}: killed with ${before} arrived, the rest ${ms.toFixed(0)} ms after the start, ${arrived.size} of ${calls} arrived, ${twice} twice`,
    )
    if (arrived.size !== calls || twice > maxInFlight || more > 0) process.exitCode = 1
  }
  await running.stop()
} finally {
  target.closeAllConnections()
  target.close()
  project.remove()
}

async function query(text) {
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  try {
    const statement = { name: 'drill.query', text, values: [] }
    const [result] = await db.transaction(ownSession, [statement], { prepare: false })
    return decodeRows(result)
  } finally {
    await db.close()
  }
}
