/** The reference: the same two statements in one pipeline, by pgbench, or by the executor alone where pgbench is not installed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, parseConnectionUrl } from '../../packages/server/dist/db/index.js'

export function findPgbench() {
  const candidates = ['/usr/lib/postgresql']
    .filter(existsSync)
    .flatMap((root) => readdirSync(root).map((version) => join(root, version, 'bin/pgbench')))
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pgbench'))
  return [...candidates, ...onPath].find(existsSync) ?? null
}

/**
 * `session` and `main` are statements with $n and their values; `variable` is the index in main's values that changes
 * with each transaction, or null. Returns transactions per second.
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
      '-f',
      script,
      pathname.slice(1),
    ],
    { encoding: 'utf8', env: { ...process.env, PGPASSWORD: decodeURIComponent(password) } },
  )
  rmSync(folder, { recursive: true })
  const tps = /tps = ([\d.]+) \(without/.exec(result.stdout)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${result.stderr}`)
  return Number(tps)
}

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
  let done = 0
  const until = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) {
        const values = main.values.map((value, i) =>
          i === variable ? String(1 + Math.floor(Math.random() * 40000)) : value,
        )
        await db.transaction(session.asSession, [{ name: 'bench', text: main.text, values }], {
          lane: 'write',
        })
        done++
      }
    }),
  )
  await db.close()
  return done / seconds
}
