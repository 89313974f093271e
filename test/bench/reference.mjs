/** The reference: the same two statements in one pipeline, by pgbench, or by the executor alone where pgbench is not installed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, parseConnectionUrl } from '../../packages/server/dist/base/db/index.js'
import { quantile } from './quantile.mjs'

export function findPgbench() {
  const candidates = ['/usr/lib/postgresql']
    .filter(existsSync)
    .flatMap((root) => readdirSync(root).map((version) => join(root, version, 'bin/pgbench')))
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pgbench'))
  return [...candidates, ...onPath].find(existsSync) ?? null
}

/**
 * `session` and `main` are statements with $n and their values; `variable` is the index in main's values that changes
 * with each transaction, or null. Returns { rate, p50, p99 }: transactions per second, and latencies in ms of every tenth.
 */
export function runPgbench(pgbench, url, { session, main, variable }, { clients, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-pgbench-'))
  const script = join(folder, 'bench.sql')
  const place = ({ text, values }, changing) =>
    oneLine(
      text.replace(/\$(\d+)/g, (_, n) => {
        if (Number(n) - 1 === changing) return ':id'
        return literal(values[Number(n) - 1])
      }),
    )
  writeFileSync(
    script,
    `\\set id random(1, 40000)\n\\startpipeline\n${place(session, null)};\n${place(main, variable)};\n\\endpipeline\n`,
  )
  const { hostname, port, username, password, pathname } = new URL(url)
  const result = spawnSync(
    pgbench,
    [
      '-n',
      '-M',
      'prepared',
      '-h',
      hostname,
      '-p',
      port,
      '-U',
      username,
      '-c',
      String(clients),
      '-j',
      '1',
      '-T',
      String(seconds),
      '--log',
      '--log-prefix',
      join(folder, 'log'),
      '--sampling-rate',
      '0.1',
      '-f',
      script,
      pathname.slice(1),
    ],
    { encoding: 'utf8', env: { ...process.env, PGPASSWORD: decodeURIComponent(password) } },
  )
  const tps = /tps = ([\d.]+) \(without/.exec(result.stdout)?.[1]
  const latencies = readLatencies(folder)
  rmSync(folder, { recursive: true })
  if (tps === undefined) throw new Error(`pgbench: ${result.stderr}`)
  return { rate: Number(tps), ...tailOf(latencies) }
}

/** The third column of pgbench's log, µs, as sorted ms. */
function readLatencies(folder) {
  return readdirSync(folder)
    .filter((name) => name.startsWith('log'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => Number(line.split(' ')[2]) / 1000)
    .sort((a, b) => a - b)
}

const tailOf = (sorted) => ({ p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) })

const oneLine = (text) => text.replace(/\s*\n\s*/g, ' ')

function literal(value) {
  if (value === null) return 'null'
  return `'${String(value).replaceAll("'", "''")}'`
}

/** The same through our executor, one request in flight on each of `clients` connections. */
export async function runExecutor(url, { session, main, variable }, { clients, seconds }) {
  const db = openDatabase({
    connection: parseConnectionUrl(url),
    maxConnections: clients,
    pipelineDepth: 1,
  })
  const latencies = []
  const until = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) {
        const sentAt = performance.now()
        const values = main.values.map((value, i) =>
          i === variable ? String(1 + Math.floor(Math.random() * 40000)) : value,
        )
        await db.transaction(session.asSession, [{ name: 'bench', text: main.text, values }], {
          lane: 'write',
        })
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  await db.close()
  latencies.sort((a, b) => a - b)
  return { rate: latencies.length / seconds, ...tailOf(latencies) }
}
