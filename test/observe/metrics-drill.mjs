/**
 * `npm run drill:metrics`: a real Prometheus scrapes a Basalt that is used, and is asked each expression of each panel and
 * rule; promtool tests the rules; the dashboards are checked against Grafana's own schema (installed from npm for it).
 * Needs `prometheus` and `promtool` (Debian: prometheus). Exits 1 where an expression finds nothing that should.
 */
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { defaultKeys } from '../../packages/server/dist/base/token/index.js'
import { createProject, startProject } from '../bench/bench-project.mjs'
import { driveBasalt, endDrives, hello, schema } from './drive-basalt.mjs'
import { readExpressions } from './read-promql.mjs'
import { checkDashboards } from './grafana-schema.mjs'

/** Of projects with replicas, of nodes with TLS; errors that this drive has not. */
const mayBeEmpty =
  /database_re(plica|ads)|tls_certificate|backup_|database_slot_limit|status=~"5|outcome!="ok"|outcome="(failed|refused)"/

const prometheus = { port: 9464, metrics: 9465 }
const folder = mkdtempSync(join(tmpdir(), 'basalt-prometheus-'))
const project = await createProject()
const problems = []
const children = []
try {
  appendFileSync(
    join(project.workdir, 'supabase/config.toml'),
    `[basalt.observability.metrics]\nport = ${prometheus.metrics}\n`,
  )
  const functions = join(project.workdir, 'supabase/functions/hello')
  mkdirSync(functions, { recursive: true })
  writeFileSync(join(functions, 'index.ts'), hello)
  const running = await startProject(project)
  await query(schema)
  startPrometheus()
  await scraped()
  const url = `http://127.0.0.1:${project.ports.api}`
  // twice: a rate takes a difference
  for (let round = 0; round < 2; round++) {
    await driveBasalt({ url, key: defaultKeys().serviceRoleKey, query, round })
    await new Promise((done) => setTimeout(done, 11_000))
  }
  await askAll()
  await endDrives()
  await running.stop()
  promtool('test', 'rules', 'deploy/prometheus/rules.test.yml')
  promtool('check', 'rules', 'deploy/prometheus/rules.yml')
  promtool('check', 'config', 'deploy/prometheus/prometheus.yml')
  problems.push(...(await checkDashboards(folder)))
} finally {
  for (const child of children) child.kill('SIGKILL')
  project.remove()
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) console.log(`FAIL ${problem}`)
console.log(problems.length === 0 ? 'ok' : `${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

async function query(text) {
  const at = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(at), maxConnections: 1 })
  await db.begin(ownSession, (transaction) => transaction.script('drill', text))
  await db.close()
}

function startPrometheus() {
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: basalt
    static_configs: [{ targets: ['127.0.0.1:${prometheus.metrics}'] }]
`,
  )
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${prometheus.port}`,
    ],
    { stdio: 'ignore' },
  )
  children.push(child)
}

async function ask(expr) {
  const asked = new URLSearchParams({ query: expr })
  const response = await fetch(`http://127.0.0.1:${prometheus.port}/api/v1/query?${asked}`)
  return response.json()
}

async function scraped() {
  for (let tries = 0; tries < 100; tries++) {
    const { data } = await ask('up{job="basalt"} == 1').catch(() => ({ data: null }))
    if (data?.result?.length === 1) return
    await new Promise((done) => setTimeout(done, 200))
  }
  throw new Error('Prometheus does not scrape')
}

async function askAll() {
  let found = 0
  const all = readExpressions()
  for (const { where, expr } of all) {
    const asksFor = where.startsWith('rules') ? withoutThreshold(expr) : expr
    const { status, error, data } = await ask(asksFor)
    if (status !== 'success') problems.push(`${where}: ${error}`)
    else if (data.result.length > 0) found++
    else if (!mayBeEmpty.test(expr)) problems.push(`${where}: finds nothing: ${expr}`)
    if (where.startsWith('rules') && (await ask(expr)).status !== 'success')
      problems.push(`${where}: ${expr}`)
  }
  console.log(`${all.length} expressions, ${found} found something`)
}

/** A rule finds nothing where nothing is wrong: what it compares is asked for. */
function withoutThreshold(expr) {
  return expr
    .split(/ (?:or|and) /)[0]
    .replace(/ (?:>|<|==) [\d.e*+ ]+$/, '')
    .replaceAll(/\[\d+[mh]\]/g, '[1m]')
}

function promtool(...given) {
  try {
    execFileSync('promtool', given, { stdio: 'pipe' })
    console.log(`promtool ${given.join(' ')}: ok`)
  } catch (error) {
    problems.push(`promtool ${given.join(' ')}: ${error.stdout}${error.stderr}`)
  }
}
