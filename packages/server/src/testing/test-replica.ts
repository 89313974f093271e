/** A streaming replica of a test's Postgres: a copy of its folder, as pg_basebackup would take it. */
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { openSession, parseConnectionUrl } from '#base/db'
import { startEmbeddedPostgres } from '#host/node'
import type { EmbeddedPostgres } from '#host/node'
import { sql } from '#base/sql'
import { executeDirectly, testSettings, withDatabase } from './test-postgres.ts'
import type { TestPostgres } from './test-postgres.ts'

export interface TestReplica {
  /** Of the superuser; `withDatabase` for another one. */
  readonly url: string
  readonly pid: number
  /** It replays nothing until `resume`: what is written stays unseen. */
  pause(): Promise<void>
  resume(): Promise<void>
  promote(): Promise<void>
  stop(): Promise<void>
  discard(): Promise<void>
  /** After `stop`, on the same port. */
  start(): Promise<void>
}

const notCopied = /^(postmaster\.(pid|opts)|pg_replslot|pg_stat_tmp|pgsql_tmp.*)$/

/** Starts it; 1 s. */
export async function startTestReplica(primary: TestPostgres): Promise<TestReplica> {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-replica-'))
  chmodSync(folder, 0o755)
  const dataDir = join(folder, 'pgdata')
  await copyRunning(primary, dataDir)
  const { host, port, user, password } = parseConnectionUrl(primary.url)
  const settings = {
    ...testSettings,
    primary_conninfo: `host=${host} port=${port} user=${user} password=${password ?? ''}`,
  }
  const launch = (at?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      dataDir,
      password: password ?? '',
      settings,
      ...(at === undefined ? {} : { port: at }),
    })
  let running = await launch()
  const url = withPort(primary.url, running.port)
  const say = (text: string): Promise<void> => executeDirectly(url, text)
  return {
    url,
    get pid() {
      return running.pid
    },
    pause: () => say('select pg_wal_replay_pause()'),
    resume: () => say('select pg_wal_replay_resume()'),
    promote: () => say('select pg_promote()'),
    start: async () => {
      running = await launch(running.port)
    },
    stop: () => running.stop('immediate'),
    discard: async () => {
      await running.stop('immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function copyRunning(primary: TestPostgres, dataDir: string): Promise<void> {
  const session = await openSession(parseConnectionUrl(primary.url))
  try {
    await session.rows(sql`/* test.backupStart */ select pg_backup_start('replica', true)::text`)
    cpSync(primary.dataDir, dataDir, {
      recursive: true,
      filter: (path) => !notCopied.test(basename(path)),
    })
    const [label] = await session.rows<{ labelfile: string }>(
      sql`/* test.backupStop */ select labelfile from pg_backup_stop(false)`,
    )
    mkdirSync(join(dataDir, 'pg_replslot'), { recursive: true })
    writeFileSync(join(dataDir, 'backup_label'), label?.labelfile ?? '')
    writeFileSync(join(dataDir, 'standby.signal'), '')
  } finally {
    session.close()
  }
  giveTo(primary.dataDir, dataDir)
}

function everythingIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return [folder, ...names.map((name) => join(folder, name))]
}

/** Copies of root's are not the server's to read. */
function giveTo(like: string, dataDir: string): void {
  const { uid, gid } = statSync(like)
  if (process.getuid?.() !== 0) return
  for (const path of everythingIn(dataDir)) chownSync(path, uid, gid)
  chmodSync(dataDir, 0o700)
}

function withPort(url: string, port: number): string {
  const changed = new URL(withDatabase(url, 'postgres'))
  changed.port = String(port)
  return changed.href
}
