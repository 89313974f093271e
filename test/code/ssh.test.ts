/** Repositories over ssh, from a real sshd: with a deploy key, and only from hosts whose keys are known. */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

const program = '/usr/sbin/sshd'
const isMissing = !existsSync(program)

test('there is an sshd to try it with', ({ skip }) => {
  skip(isMissing, `${program} is not there (Debian: openssh-server): nothing of ssh is tried`)
  expect(existsSync(program)).toBe(true)
})

describe.skipIf(isMissing)('over ssh', () => {
  let folder: string
  let sshd: ChildProcess
  let service: TestService
  let ann: TestUser
  let port: number

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'basalt-ssh-'))
    const makeKey = (name: string): string => {
      const file = join(folder, name)
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
      return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
    }
    port = await freePort()
    const [hostKey, deployKey, otherKey] = ['host', 'deploy', 'other'].map(makeKey)
    writeFileSync(join(folder, 'authorized'), `restrict ${deployKey}\n`)
    // as ssh-keyscan writes it; the second host has got another key since
    writeFileSync(
      join(folder, 'known_hosts'),
      `[127.0.0.1]:${port} ${hostKey}\n[127.0.0.2]:${port} ${otherKey}\n`,
    )
    sshd = await startSshd(folder, port)
    service = await startTestService({
      environment: {
        CODE_ALLOWED_HOSTS: '127.0.0.1,127.0.0.2,127.0.0.3',
        CODE_SSH_KEY_FILE: join(folder, 'deploy'),
        CODE_SSH_KNOWN_HOSTS: join(folder, 'known_hosts'),
      },
    })
    ann = await service.signUp('ann')
    const origin = service.git.create('private')
    origin.commit({ 'a.ts': 'export function behindSsh() {}\n' })
    await origin.push()
  })
  afterAll(async () => {
    await service.close()
    sshd.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function indexed(user: string, host: string): Promise<Body> {
    const body = { git_url: `ssh://${user}@${host}:${port}${service.git.root}/private.git` }
    const made = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    return vi.waitUntil(
      async () => {
        const job = (await service.ask(`/api/v1/jobs/${made.body.job_id}`, ann.key)).body
        return /completed|failed/.test(job.status) ? job : null
      },
      { timeout: 15_000, interval: 30 },
    )
  }
  const self = userInfo().username

  test('a repository is indexed with the deploy key, from a host whose key is known', async () => {
    expect(await indexed(self, '127.0.0.1')).toMatchObject({
      status: 'completed',
      error_message: null,
    })
    const path = '/api/v1/symbols/search?pattern=behindSsh&match=exact'
    expect((await service.ask(path, ann.key)).body.symbols).toHaveLength(1)
  })

  test.each([
    ['has another key', '127.0.0.2'],
    ['is not known', '127.0.0.3'],
  ])('a host that %s is refused at once, and the reason told', async (_, host) => {
    expect(await indexed(self, host)).toMatchObject({
      status: 'failed',
      attempts: 1,
      error_message: 'The key of the host is not the known one (CODE_SSH_KNOWN_HOSTS).',
    })
  })

  test('who has not given us the deploy key is told so at once', async () => {
    expect(await indexed('nobody-of-this-name', '127.0.0.1')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error_message: 'The repository is not there, or not without a password.',
    })
  })
})

async function startSshd(folder: string, port: number): Promise<ChildProcess> {
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
  const config = join(folder, 'sshd_config')
  writeFileSync(
    config,
    `Port ${port}
${addresses.map((address) => `ListenAddress ${address}`).join('\n')}
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'authorized')}
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
`,
  )
  // where it locks itself in; its package makes it when the service starts
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
  const child = spawn(program, ['-D', '-e', '-f', config], { stdio: 'ignore' })
  await vi.waitUntil(() => isListening(port), { timeout: 15_000, interval: 20 })
  return child
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
