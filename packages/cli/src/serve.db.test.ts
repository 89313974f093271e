/** `basalt serve` as a process: several workers, replaced, killed, ended. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '@basalt/server/testing'
import type { TestDatabase } from '@basalt/server/testing'

const command = fileURLToPath(new URL('../bin/basalt.mjs', import.meta.url))
let control: TestDatabase
beforeAll(async () => {
  control = await createTestDatabase('template0')
})
afterAll(() => control.drop())

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface Served {
  readonly child: ChildProcess
  readonly port: number
  readonly said: () => string
  readonly ended: Promise<number | null>
}

async function serve(...args: string[]): Promise<Served> {
  const [port, admin] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [command, 'serve', '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: dirname(process.execPath),
      BASALT_CONTROL_DB_URL: control.url,
      BASALT_MASTER_KEY: masterKey,
      SUPABASE_BASALT_ADMIN_PORT: String(admin),
      SUPABASE_STORAGE_ENABLED: 'false',
      SUPABASE_BASALT_SHUTDOWN_DELAY: '0s',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await expect
    .poll(() => child.exitCode !== null || said.includes('Ready in'), { timeout: 15_000 })
    .toBe(true)
  return { child, port, said: () => said, ended }
}

const masterKey = randomBytes(32).toString('base64')

const workersOf = ({ child }: Served): string[] =>
  readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid.trim() !== '')

const health = async ({ port }: Served): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}/health`)).status

test.runIf(process.platform === 'linux')(
  'a worker that is killed is started again, and one that is told to end while others are replaced ends',
  async () => {
    const node = await serve('--workers', '2')
    const before = workersOf(node)
    expect([before.length, await health(node)]).toEqual([2, 200])
    process.kill(Number(before[0]), 'SIGKILL')
    await expect
      .poll(() => workersOf(node).filter((pid) => !before.includes(pid)), { timeout: 10_000 })
      .toHaveLength(1)
    await expect.poll(() => health(node).catch(() => 0), { timeout: 15_000 }).toBe(200)
    node.child.kill('SIGUSR2')
    await expect.poll(() => workersOf(node), { timeout: 10_000 }).toHaveLength(3)
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  },
)

test('what a node lacks is said before anything is opened', async () => {
  const without = await serve('--external-url', 'nonsense')
  expect(await without.ended).toBe(1)
  expect(without.said()).toContain('basalt.fleet.external_url is "nonsense"')
})
