/** Changes of rows for `npm run bench -- realtime`: to who may see them, and where only Postgres can say who that is. */
import { cpuOf } from './cpu-time.mjs'
import { userOf } from './realtime-clients.mjs'
import {
  insertAt,
  pause,
  rate,
  running,
  seconds,
  subscribers,
  withBare,
  withClients,
} from './realtime-project.mjs'

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

export async function reportChanges() {
  for (const count of [100, 1_000, 10_000]) {
    const own = await subscribers(count, 'notes', async (load, joined) => {
      await measureChanges(load, 'notes', count, 200)
      console.log(
        `changes, ${count} subscribers, each sees its own; joined at ${rate(count, joined.ms)}/s`,
      )
      const at = {}
      for (const perSecond of [1_000, 2_000, 3_000]) {
        at[perSecond] = await measureChanges(load, 'notes', count, perSecond)
        console.log(`  ${describe(at[perSecond])}`)
      }
      return at[2_000]
    })
    const bare = await measureBare(count, 2_000)
    console.log(
      `  bare ws, 2,000 sends/s to one each: p50 ${bare.p50.toFixed(0)} ms, p99 ${bare.p99.toFixed(0)} ms, ${bare.cpu.toFixed(0)} µs CPU a send; ratio ${(bare.cpu / own.cpu).toFixed(2)}`,
    )
  }
  await reportAsked('outside', 'compiled in part: Postgres is asked for who is found', 2_000)
  await reportAsked('opaque', 'not compiled: Postgres is asked for each', 800)
}

/** The same messages at the same rate, without rows. */
function measureBare(count, perSecond) {
  return withBare((port, child) =>
    withClients({ port, paths: ['/'] }, count, async (load) => {
      await load.do('readAll')
      const before = cpuOf(child.pid).ownUs
      const started = performance.now()
      let sent = 0
      while (performance.now() - started < seconds * 1000) {
        const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
        if (due > sent) child.send({ text: changeText(), count: due - sent })
        sent = due
        await pause(2)
      }
      const arrived = await load.do('counted', { messages: sent, limitMs: 10_000 })
      return { ...arrived, cpu: (cpuOf(child.pid).ownUs - before) / sent }
    }),
  )
}

const changeText = () =>
  `[null,null,"realtime:changes","postgres_changes",{"ids":[117429813],"data":{"schema":"public","table":"notes","commit_timestamp":"${new Date().toISOString()}","type":"INSERT","columns":[{"name":"id","type":"int8"},{"name":"user_id","type":"uuid"},{"name":"body","type":"text"}],"record":{"id":12345,"user_id":"${userOf(1)}","body":"a note of some length"},"errors":null}}]`

/** Doubling the rate, until they fall behind. */
async function reportAsked(table, about, most) {
  for (const count of [100, 1_000])
    await subscribers(count, table, async (load) => {
      console.log(`changes, ${count} subscribers, a policy ${about}`)
      for (let perSecond = most / 16; perSecond <= most; perSecond *= 2) {
        const measured = await measureChanges(load, table, count, perSecond)
        console.log(`  ${describe(measured)}`)
        if (measured.p99 > 1_000) break
      }
    })
}
