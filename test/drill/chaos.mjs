/**
 * `npm run drill:chaos`: twenty minutes (`MINUTES`) of mixed traffic through supabase-js, while Postgres, the control database, Redis, S3,
 * nodes and the wires between them fail in turn, in an order that `SEED` decides. Every acknowledged write must be there in the end, once;
 * every failure must have been a documented one; each kind of traffic must go on within 5 s of the end of each fault. Needs nginx,
 * redis-server and a real S3: `tools/real-s3.sh /tmp/basalt-ceph node test/drill/chaos.mjs`.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { faultsOf } from './chaos-faults.mjs'
import { openGround } from './chaos-ground.mjs'
import { Traffic } from './chaos-traffic.mjs'

const minutes = Number(process.env.MINUTES ?? 20)
let seed = Number(process.env.SEED ?? Date.now() % 100_000)
const only = process.env.FAULT
const logFile = process.env.DRILL_LOG
const recoveryMs = 5000
const kinds = new Set()
const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647

console.log(`seed ${seed}, ${minutes} minutes`)
if (logFile !== undefined) writeFileSync(logFile, '')
// of Node 20's fetch, for a body that nobody reads any more when its connection ends
process.on('uncaughtException', (error) => {
  if (error.message !== 'terminated') throw error
})
const ground = await openGround({
  say: (text) => logFile !== undefined && appendFileSync(logFile, text),
})
const traffic = new Traffic(ground)
const documented = documentedCodes()
/** By fault: times, failures by code and kind, recoveries. */
const told = new Map()
const unknown = new Map()
const problems = []
const began = performance.now()
const isOver = () => performance.now() - began > minutes * 60_000

try {
  await traffic.start()
  await pause(5000)
  for (const { kind } of traffic.tried) kinds.add(kind)
  judge('nothing', traffic.tried.splice(0), null)
  const memory = ground.nodes.map((node) => node.memory())
  for (let faults = []; !isOver();) {
    if (faults.length === 0)
      faults = shuffle(
        faultsOf(ground).filter(({ name }) => only === undefined || name.includes(only)),
      )
    await suffer(faults.pop())
  }
  await pause(3000)
  await traffic.stop()
  const wrong = await traffic.verify()
  const { rows, users, objects } = traffic.acknowledged
  console.log(
    `acknowledged: ${rows.size} rows, ${users.size} users, ${objects.size} objects; lost or wrong: ${wrong.length}`,
  )
  problems.push(...wrong.slice(0, 10))
  const after = ground.nodes.map((node) => node.memory())
  console.log(
    `memory of the nodes: ${memory.map(Math.round).join(', ')} MB, in the end ${after.map(Math.round).join(', ')} MB`,
  )
  report()
} finally {
  await Promise.race([traffic.stop(), pause(15_000)])
  await ground.close()
}
for (const problem of new Set(problems)) console.log(`FAILED ${problem}`)
process.exit(problems.length > 0 ? 1 : 0)

async function suffer(fault) {
  traffic.tried.splice(0)
  await fault.begin()
  await pause(fault.ms ?? 5000)
  await fault.end()
  const endedAt = performance.now()
  const late = new Set(kinds)
  const recovered = new Map()
  while (late.size > 0 && performance.now() - endedAt < 30_000) {
    for (const { kind, at, failure } of traffic.tried)
      // what began under the fault and was answered afterwards says nothing about a new one
      if (failure === null && at > endedAt && !recovered.has(kind)) {
        recovered.set(kind, at - endedAt)
        late.delete(kind)
      }
    await pause(50)
  }
  await pause(2000)
  judge(fault.name, traffic.tried.splice(0), { recovered, late, endedAt })
}

function judge(name, tried, recovery) {
  const entry = told.get(name) ?? {
    times: 0,
    tried: 0,
    failures: new Map(),
    recoveries: [],
    slowest: 0,
  }
  told.set(name, entry)
  entry.times++
  entry.tried += tried.length
  for (const { kind, ms, failure } of tried) {
    entry.slowest = Math.max(entry.slowest, ms)
    if (failure === null) continue
    if (failure.startsWith('WRONG')) problems.push(`${name}: ${kind}: ${failure}`)
    if (name === 'nothing') problems.push(`without a fault: ${kind}: ${failure}`)
    entry.failures.set(failure, (entry.failures.get(failure) ?? 0) + 1)
    if (!documented(failure)) unknown.set(failure, `${name}, ${kind}`)
  }
  const counts = [...entry.failures].map(
    ([failure, times]) => `${times} × ${failure.split('\n')[0]}`,
  )
  if (recovery === null) return
  for (const ms of recovery.recovered.values()) entry.recoveries.push(ms)
  const worst = [...recovery.recovered].toSorted((a, b) => b[1] - a[1])[0] ?? ['-', 0]
  for (const kind of recovery.late) problems.push(`${name}: ${kind} did not come back within 30 s`)
  // auth-js itself waits between its attempts to refresh, up to 6.4 s by then
  for (const [kind, ms] of recovery.recovered)
    if (ms > recoveryMs + (kind === 'refresh' ? 6400 : 0))
      problems.push(`${name}: ${kind} came back after ${Math.round(ms)} ms`)
  console.log(
    `${name}: ${tried.length} tried; back after at most ${Math.round(worst[1])} ms (${worst[0]})${recovery.late.size === 0 ? '' : `, NOT BACK: ${[...recovery.late].join(', ')}`}; ${counts.join(', ')}`,
  )
}

function report() {
  console.log(
    '\n| fault | times | tried | failed, by what callers were told | back after, median and most |\n| --- | --- | --- | --- | --- |',
  )
  for (const [name, { times, tried, failures, recoveries }] of told) {
    const sorted = recoveries.toSorted((a, b) => a - b)
    const by = [...failures]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 6)
      .map(([failure, count]) => `${count} × ${failure.split('\n')[0]}`)
    const back =
      sorted.length === 0
        ? ''
        : `${Math.round(sorted[Math.floor(sorted.length / 2)])}, ${Math.round(sorted.at(-1))} ms`
    console.log(`| ${name} | ${times} | ${tried} | ${by.join(', ') || 'nothing'} | ${back} |`)
  }
  for (const [failure, where] of unknown) problems.push(`not documented: ${failure} (${where})`)
}

/** Of docs/errors.md by code or message, of Postgres, and what clients say of a connection that is gone. */
function documentedCodes() {
  const docs = join(resolve(import.meta.dirname, '../..'), 'docs')
  const text = readFileSync(join(docs, 'errors.md'), 'utf8')
  const realtime = readFileSync(join(docs, 'realtime.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `([^`]+)` \| \d+ \| ([^|]+) \|/gm)]
  const codes = new Set(rows.map(([, code]) => code))
  const messages = rows
    .map(([, , message]) => message.trim().split('{')[0].slice(0, 40))
    .filter((start) => start.length > 12)
  const ofPostgres = /^(08|40|53|55|57|58|25)[0-9A-Z]{3}$/
  return (failure) => {
    if (failure === 'no connection' || failure === 'timeout of the client') return true
    // nginx, for a node that is gone; auth-js, which keeps the status alone of what it would try again
    if (/^50[24] (Bad|Gateway|<html>|\{\})/.test(failure) || failure === '503 {}') return true
    // docs/realtime.md; 1006 is what a client says of a socket that is gone
    if (failure.startsWith('system ')) return true
    const [, close] = /^socket closed: (\d{4})/.exec(failure) ?? []
    if (close !== undefined) return close === '1006' || realtime.includes(close)
    const words = failure.split(/\s+/)
    return (
      words.some((word) => codes.has(word) || ofPostgres.test(word)) ||
      messages.some((start) => failure.includes(start))
    )
  }
}

function shuffle(list) {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[list[at], list[other]] = [list[other], list[at]]
  }
  return list
}
