/**
 * `npm run bench -- realtime`: idle connections, broadcasts to many, private joins, changes of rows under policies, and what a
 * stream of changes leaves of the data API; beside bare `ws` doing the same sends in the same run. Clients are a process of
 * their own. BENCH_SECONDS, BENCH_SHAPES=idle|fan|joins|changes|api.
 */
import { readFileSync } from 'node:fs'
import { reportDataApi } from './realtime-api.mjs'
import { reportChanges } from './realtime-changes.mjs'
import { endLoads, tokens } from './realtime-clients.mjs'
import {
  close,
  open,
  ours,
  pause,
  plain,
  rate,
  running,
  seconds,
  withBare,
  withClients,
} from './realtime-project.mjs'

const shapes = process.env.BENCH_SHAPES ?? ''

function rssOf(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

async function reportIdle() {
  const count = 10_000
  // what the first connection loads is not of the connections
  await withClients(ours(), 100, (load) =>
    load.do('join', { payloads: [plain], topics: ['realtime:idle'], atOnce: 100 }),
  )
  await pause(3_000)
  const before = rssOf(running.pid)
  await withClients(ours(), count, async (load, ms) => {
    await pause(2_000)
    const open = rssOf(running.pid)
    const joined = await load.do('join', {
      payloads: [plain],
      topics: ['realtime:idle'],
      atOnce: 64,
    })
    await pause(2_000)
    const inChannel = rssOf(running.pid)
    console.log(
      `idle: ${count} connections at ${rate(count, ms)}/s, ${kb(open - before, count)} each; with a joined channel ${kb(inChannel - before, count)}, joins ${rate(count, joined.ms)}/s; RSS of Node ${(inChannel / 1e6).toFixed(0)} MB`,
    )
  })
  await withBare((port, child) =>
    withClients({ port, paths: ['/'] }, count, async (_load, ms) => {
      await pause(1_000)
      console.log(
        `  bare ws: at ${rate(count, ms)}/s, RSS ${(rssOf(child.pid) / 1e6).toFixed(0)} MB`,
      )
    }),
  )
}

const kb = (bytes, count) => `${(bytes / count / 1024).toFixed(1)} KB`
/** Closed loops in turn, then ours at half the rate wanted. */
async function reportFanOut() {
  for (const count of [1_000, 10_000]) {
    const join = { payloads: [plain], topics: ['realtime:fan'], atOnce: 64 }
    const measure = (target, burst, ahead) =>
      withClients(target, count + 1, async (load) => {
        await load.do('join', join)
        await load.do('fanOut', { seconds: 1, burst, ahead })
        return load.do('fanOut', { seconds, burst, ahead })
      })
    for (const burst of [1, 10]) {
      const own = await measure(ours(), burst, 1)
      const bare = await withBare((port) => measure({ port, paths: ['/'] }, burst, 1))
      console.log(
        `broadcast to ${count}, ${burst} a tick: ${own.perSecond.toFixed(0)} deliveries/s, p50 ${own.p50.toFixed(0)} ms, p99 ${own.p99.toFixed(0)} ms; bare ws ${bare.perSecond.toFixed(0)}, ratio ${(own.perSecond / bare.perSecond).toFixed(2)}`,
      )
    }
    const everyMs = (count * 10) / 150
    const half = await withClients(ours(), count + 1, async (load) => {
      await load.do('join', join)
      return load.do('fanOutAt', { seconds, burst: 10, everyMs })
    })
    console.log(
      `broadcast to ${count} at 150,000 deliveries/s: p50 ${half.p50.toFixed(0)} ms, p99 ${half.p99.toFixed(0)} ms, all of ${half.messages} arrived`,
    )
  }
}

async function reportJoins() {
  const count = 2_000
  const payloads = tokens(count).map((token) =>
    JSON.stringify({ config: { private: true }, access_token: token }),
  )
  const topics = Array.from({ length: count }, (_, i) => `realtime:room ${i}`)
  const measure = (target) =>
    withClients(target, count, (load) => load.do('join', { payloads, topics, atOnce: 64 }))
  const { ms, errors, firstError } = await measure(ours())
  const bare = await withBare((port) => measure({ port, paths: ['/'] }))
  console.log(
    `private joins: ${rate(count, ms)}/s, ${errors} refused ${firstError ?? ''}; bare ws answers ${rate(count, bare.ms)}/s, ratio ${(bare.ms / ms).toFixed(3)}`,
  )
}

try {
  await open()
  const parts = {
    idle: reportIdle,
    fan: reportFanOut,
    joins: reportJoins,
    changes: reportChanges,
    api: reportDataApi,
  }
  for (const [name, report] of Object.entries(parts)) if (name.includes(shapes)) await report()
} finally {
  endLoads()
  await close()
}
