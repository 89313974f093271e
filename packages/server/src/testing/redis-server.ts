/** A real Redis for a test, where one is installed. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { freePort } from '#host/node'

export interface RedisServer {
  readonly url: string
  /** As a crash: nothing is said to anybody. */
  kill(this: void): Promise<void>
  /** On the same port. */
  restart(this: void): Promise<void>
}

/** The program: `BASALT_TEST_REDIS` (Valkey, another version), else `redis-server`; null where there is none. */
export function findRedis(): string | null {
  const program = process.env['BASALT_TEST_REDIS'] ?? 'redis-server'
  return spawnSync(program, ['--version']).status === 0 ? program : null
}

/** Starts it; 0.05 s. */
export async function startRedis(program: string): Promise<RedisServer> {
  const port = await freePort()
  let child: ChildProcess | null = null
  const restart = async (): Promise<void> => {
    const started = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''])
    child = started
    await new Promise<void>((resolve, reject) => {
      started.once('exit', () => reject(new Error(`${program} did not start`)))
      started.stdout.on('data', (line: Buffer) => {
        if (/Ready to accept connections/.test(String(line))) resolve()
      })
    })
  }
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  await restart()
  return { url: `redis://127.0.0.1:${port}`, kill, restart }
}
