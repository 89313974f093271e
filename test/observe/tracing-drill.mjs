/**
 * `npm run drill:tracing`: a Basalt whose every request is traced is used in every way; what its collector gets is decoded
 * by `protoc` with opentelemetry-proto (Debian: protobuf-compiler; OTEL_PROTO is the folder that holds `opentelemetry/proto`),
 * must be whole, and what the tests' own decoder reads. Then the collector is away under load. Exits 1 otherwise.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { defaultKeys } from '../../packages/server/dist/base/token/index.js'
import { createProject, startProject } from '../bench/bench-project.mjs'
import { startCollector } from './collector.mjs'
import { decodeTraces } from './decode-traces.mjs'
import { driveBasalt, endDrives, hello, schema } from './drive-basalt.mjs'

const protos = process.env.OTEL_PROTO ?? '/usr/include'
const service = 'opentelemetry/proto/collector/trace/v1/trace_service.proto'
if (!existsSync(join(protos, service))) {
  console.log(`${protos} has no ${service}: set OTEL_PROTO (Debian sid: opentelemetry-proto)`)
  process.exit(1)
}

const problems = []
const project = await createProject()
const collector = await startCollector()
const key = defaultKeys().serviceRoleKey
const url = `http://127.0.0.1:${project.ports.api}`
try {
  appendFileSync(
    join(project.workdir, 'supabase/config.toml'),
    `[basalt.observability.tracing]
endpoint = "${collector.url}"
sample_rate = 1
max_per_second = 10000
`,
  )
  mkdirSync(join(project.workdir, 'supabase/functions/hello'), { recursive: true })
  writeFileSync(join(project.workdir, 'supabase/functions/hello/index.ts'), hello)
  const running = await startProject(project)
  await query(schema)
  await driveBasalt({ url, key, query })
  await endDrives()
  const withCollector = await load(3)
  await running.stop()
  decodeAll()
  collector.close()
  const again = await startProject(project)
  const without = await load(3)
  await again.stop()
  console.log(
    `requests a second, all traced: ${withCollector} with the collector, ${without} with none`,
  )
  if (without < withCollector * 0.5)
    problems.push('requests are slowed by a collector that is away')
} finally {
  collector.close()
  project.remove()
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

/** Reads of one row by 16 clients. */
async function load(seconds) {
  const headers = { apikey: key, authorization: `Bearer ${key}` }
  const until = performance.now() + seconds * 1000
  let answered = 0
  const client = async () => {
    while (performance.now() < until) {
      const response = await fetch(`${url}/rest/v1/notes?id=eq.1`, { headers })
      if (response.status !== 200) problems.push(`a read was answered ${response.status}`)
      await response.arrayBuffer()
      answered++
    }
  }
  await Promise.all(Array.from({ length: 16 }, client))
  return Math.round(answered / seconds)
}

function decodeAll() {
  let spans = []
  for (const { body } of collector.posts) {
    const text = execFileSync(
      'protoc',
      [
        `-I${protos}`,
        '--decode=opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
        service,
      ],
      { input: body, encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    // fields that the definition does not know are shown by number
    if (/^\s*\d+[:{ ]/m.test(text)) problems.push('a field that the protocol does not have')
    const ours = decodeTraces(body)
    const theirs = text
      .split(/^ {4}spans {$/m)
      .slice(1)
      .map((span) => /^ {6}name: "(.*)"$/m.exec(span)?.[1])
    if (JSON.stringify(theirs) !== JSON.stringify(ours.map(({ name }) => name)))
      problems.push('protoc reads other spans than our decoder')
    spans = spans.concat(ours)
  }
  console.log(`${collector.posts.length} posts, ${spans.length} spans, decoded by protoc`)
  const names = new Set(spans.map(({ name }) => name))
  for (const name of [
    'POST /rest/v1',
    'data-api',
    'dataApi.read',
    'storage.put',
    'storage.get',
    'function hello',
    'auth',
  ])
    if (!names.has(name)) problems.push(`no span ${name}, only ${[...names].join(', ')}`)
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const lost = spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId))
  if (lost.length > 0) problems.push(`${lost.length} spans have a parent that is not there`)
  for (const { name, startNs, endNs } of spans)
    if (endNs < startNs) problems.push(`${name} ends before it begins`)
}
