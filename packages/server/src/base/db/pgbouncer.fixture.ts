/** pgbouncer (Debian's) in transaction mode in front of a Postgres: one server connection a database, so that everybody meets on it. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionOptions } from '#base/db'
import { freePort } from '#host/node'

export const hasPgbouncer = spawnSync('pgbouncer', ['--version']).status === 0

export interface Pgbouncer {
  readonly port: number
  stop(): Promise<void>
}

export async function startPgbouncer({
  host,
  port,
  user,
  password,
}: ConnectionOptions): Promise<Pgbouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-pgbouncer-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'pgbouncer.ini')
  const own = await freePort()
  const lines = [
    '[databases]',
    `* = host=${host} port=${port} user=${user} password=${password ?? ''}`,
    '[pgbouncer]',
    'listen_addr=127.0.0.1',
    `listen_port=${own}`,
    'auth_type=any',
    'pool_mode=transaction',
    'default_pool_size=1',
    'unix_socket_dir=',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  chmodSync(file, 0o644)
  // it refuses to run as root
  const child = spawn('pgbouncer', [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), file], {
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilAccepts(own)
  return {
    port: own,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

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
