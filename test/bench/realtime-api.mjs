/** What a stream of changes leaves of the data API, for `npm run bench -- realtime`, and what takes it. */
import { userToken } from './bench-project.mjs'
import { cpuByKind, cpuOf } from './cpu-time.mjs'
import { insertAt, project, running, seconds, subscribers } from './realtime-project.mjs'
import { runLoad } from './run-load.mjs'

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

/** Three times in turn: nothing else, rows of a table nobody listens to, rows that go to their owners. */
export async function reportDataApi() {
  const token = userToken()
  const request = `GET /rest/v1/items?select=id,name&id=eq.5 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`
  const plan = { host: '127.0.0.1', port: project.ports.api, connections: 16, requests: [request] }
  const measure = (table) =>
    accounted(async () => {
      const inserting = table === null ? 0 : insertAt(table, 100, 1_000, seconds)
      const load = await runLoad({ ...plan, seconds })
      return { ...load, inserted: await inserting }
    })
  const report = async (about, tables, rounds) => {
    const runs = new Map(tables.map((table) => [table, []]))
    for (let i = 0; i < rounds; i++)
      for (const table of tables) runs.get(table).push(await measure(table))
    for (const [table, all] of runs) {
      const [{ result, shares }] = all.toSorted(byRequests).slice(rounds >> 1)
      const name = { null: 'nothing else', streamed: 'not heard', notes: 'to their owners' }[table]
      console.log(
        `data API, one row, ${about}, 1,000 inserts/s ${name}: ${rateOf(result).toFixed(0)}/s (${all.map((run) => rateOf(run.result).toFixed(0)).join(', ')}), p99 ${result.p99.toFixed(1)} ms; % of a processor: ${shares}`,
      )
    }
  }
  await runLoad({ ...plan, seconds: 1 })
  await report('no realtime', [null, 'streamed'], 3)
  await subscribers(100, 'notes', () => report('100 subscribers', [null, 'streamed', 'notes'], 3))
}

const rateOf = ({ requests, seconds: time }) => requests / time
const byRequests = (a, b) => rateOf(a.result) - rateOf(b.result)
