/** A real pgbouncer in transaction mode in front of a Postgres, for tests, where one is installed. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionOptions } from '#base/db'
import { freePort } from '#host/node'

export interface Pgbouncer {
  readonly port: number
  stop(): Promise<void>
}

export interface PgbouncerOptions {
  /**
   * `one`: whoever comes is `user` of the connection, and all share a single server connection. `own`: everybody is who he
   * says, with the password Postgres has of him.
   */
  readonly logins: 'one' | 'own'
  /** Lines of its configuration: `max_prepared_statements=200`. */
  readonly settings?: readonly string[]
}

/** The program: `BASALT_TEST_PGBOUNCER` (another version), else `pgbouncer`; null where there is none. */
export function findPgbouncer(): string | null {
  const program = process.env['BASALT_TEST_PGBOUNCER'] ?? 'pgbouncer'
  return spawnSync(program, ['--version']).status === 0 ? program : null
}

/** Starts it; 0.02 s. `user` of the connection may read what passwords there are. */
export async function startPgbouncer(
  program: string,
  { host, port, user, password }: ConnectionOptions,
  options: PgbouncerOptions,
): Promise<Pgbouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-pgbouncer-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'userlist.txt')
  const own = await freePort()
  const isOne = options.logins === 'one'
  const lines = [
    '[databases]',
    `* = host=${host} port=${port} ${isOne ? `user=${user} password=${password ?? ''}` : `auth_user=${user}`}`,
    '[pgbouncer]',
    'listen_addr=127.0.0.1',
    `listen_port=${own}`,
    'pool_mode=transaction',
    'unix_socket_dir=',
    ...(isOne
      ? ['auth_type=any', 'default_pool_size=1']
      : [
          'auth_type=scram-sha-256',
          `auth_file=${users}`,
          'auth_query=select usename, passwd from pg_catalog.pg_shadow where usename = $1',
          `admin_users=${user}`,
          'default_pool_size=4',
          'max_client_conn=2000',
          // databases of tests go when their test has ended
          'server_idle_timeout=2',
          // tests take databases away; by default it would not try again for 15 s
          'server_login_retry=1',
        ]),
    ...(options.settings ?? []),
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  writeFileSync(users, `"${user}" "${password ?? ''}"\n`)
  for (const path of [file, users]) chmodSync(path, 0o644)
  // it refuses to run as root
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn('sh', ['-c', untilAbandoned, 'sh', program, ...as, file], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilAccepts(own)
  return {
    port: own,
    stop: async () => {
      child.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Ends with us, also where a test's process is killed. */
const untilAbandoned = '"$@" & pid=$!; cat > /dev/null; kill -9 $pid'

async function untilAccepts(port: number): Promise<void> {
  for (let attempt = 0; !(await accepts(port)); attempt++) {
    if (attempt > 500) throw new Error(`pgbouncer does not listen on ${port}`)
    await delay(10)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
