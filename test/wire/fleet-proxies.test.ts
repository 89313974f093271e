/** A fleet behind the proxies of `deploy/proxy`, as they are there but for addresses: hosts, sockets, bodies, whose request it is. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { freePort } from '@basalt/server/node'
import { executeDirectly, startTestFleet } from '@basalt/server/testing'
import type { ProjectRecord, TestFleet } from '@basalt/server/testing'

const deployed = resolve(import.meta.dirname, '../../deploy/proxy')
const hostOf = (ref: string): string => `${ref}.test.example`
/** Where the browser is: not where the proxy is, which is believed. */
const localAddress = '127.0.0.2'

let fleet: TestFleet
let alpha: ProjectRecord
let nodes: readonly string[] = []
beforeAll(async () => {
  const config = { 'basalt.trusted_proxies': ['127.0.0.1'] }
  fleet = await startTestFleet({ config })
  nodes = [fleet.url, (await fleet.startNode(config)).url].map((url) => new URL(url).host)
  alpha = await fleet.create('alpha')
  await fleet.create('beta')
  await executeDirectly(
    alpha.databaseUrl,
    `create function public.address_of(who text) returns text language sql security definer as
      'select host(ip) from auth.sessions join auth.users on users.id = user_id where email = who'`,
    "notify pgrst, 'reload schema'",
  )
})
afterAll(() => fleet.close())

const folder = mkdtempSync(join(tmpdir(), 'basalt-proxies-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Proxy {
  readonly program: string
  /** Arguments of the program, once its files are written. */
  configure(this: void, port: number): string[]
}

const read = (name: string): string =>
  readFileSync(join(deployed, name), 'utf8')
    .replace('10.0.0.1:54321', nodes[0] ?? '')
    .replace('10.0.0.2:54321', nodes[1] ?? '')

const proxies: readonly Proxy[] = [
  {
    program: 'nginx',
    configure: (port) => {
      const server = read('nginx.conf').replace('listen 80;', `listen 127.0.0.1:${port};`)
      const path = join(folder, 'nginx.conf')
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join(' ')
      writeFileSync(
        path,
        `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
        events {} http { access_log off; ${paths} ${server.replace('.example.com', '.test.example')} }`,
      )
      return ['-c', path, '-p', folder]
    },
  },
  {
    program: 'haproxy',
    configure: (port) => {
      const path = join(folder, 'haproxy.cfg')
      const text = read('haproxy.cfg').replace('bind :80', `bind 127.0.0.1:${port}`)
      // of the open files a shell may have
      writeFileSync(path, text.replace('maxconn 20000', 'maxconn 100'))
      return ['-f', path]
    },
  },
]

const isThere = ({ program }: Proxy): boolean => spawnSync(program, ['-v']).status === 0

describe.each(proxies.filter(isThere))('$program', ({ program, configure }) => {
  let child: ChildProcess
  let port = 0
  beforeAll(async () => {
    port = await freePort()
    child = spawn(program, configure(port), { stdio: 'ignore' })
    await vi.waitUntil(() => answers(port), { timeout: 5_000, interval: 20 })
  })
  afterAll(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })

  const ask = (
    path: string,
    { method = 'GET', body = '' as string | Buffer, headers = {}, ref = 'alpha' } = {},
  ): Promise<{ status: number; body: Buffer }> =>
    new Promise((done, failed) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          localAddress,
          agent: false,
          path,
          method,
          headers: {
            host: hostOf(ref),
            apikey: alpha.keys.serviceRoleKey,
            authorization: `Bearer ${alpha.keys.serviceRoleKey}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
          )
        },
      )
      outgoing.on('error', failed)
      // an upload that is refused is cut behind its answer, when node:http no longer listens
      outgoing.on('socket', (socket) => socket.on('error', () => {}))
      outgoing.end(body)
    })

  test('passes on which project it is', async () => {
    expect((await ask('/rest/v1/')).status).toBe(200)
    // the key is of another
    expect((await ask('/rest/v1/', { ref: 'beta' })).status).toBe(401)
    expect((await ask('/rest/v1/', { ref: 'nobody' })).status).toBe(404)
    const headers = { 'x-forwarded-host': hostOf('beta'), forwarded: `host=${hostOf('beta')}` }
    expect((await ask('/rest/v1/', { headers })).status).toBe(200)
  })

  test('says who asks, whatever they say themselves', async () => {
    const email = `${program}@a.example`
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    }
    const body = JSON.stringify({ email, password: 'correct horse battery' })
    expect((await ask('/auth/v1/signup', { method: 'POST', headers, body })).status).toBe(200)
    const found = await ask('/rest/v1/rpc/address_of', {
      method: 'POST',
      body: JSON.stringify({ who: email }),
    })
    expect(found.body.toString()).toBe(`"${localAddress}"`)
  })

  test('lets large bodies through, both ways', async () => {
    await ask('/storage/v1/bucket', {
      method: 'POST',
      body: JSON.stringify({ id: program, name: program }),
    })
    const bytes = randomBytes(30_000_000)
    const path = `/storage/v1/object/${program}/large.bin`
    const headers = { 'content-type': 'application/octet-stream' }
    const sent = await ask(path, { method: 'POST', body: bytes, headers })
    expect([sent.status, sent.body.toString()]).toEqual([200, expect.stringContaining('large.bin')])
    const digest = (of: Buffer): string => createHash('sha256').update(of).digest('hex')
    expect(digest((await ask(path)).body)).toBe(digest(bytes))
    // what is too large Basalt says, and what it says arrives
    const tooLarge = await ask(`${path}2`, {
      method: 'POST',
      body: Buffer.alloc(53_000_000),
      headers,
    })
    expect(JSON.parse(tooLarge.body.toString())).toMatchObject({ statusCode: '413' })
  })

  test('carries WebSockets of a project', async () => {
    const open = async (ref: string, key: string): Promise<WebSocket> => {
      const socket = new WebSocket(
        `ws://127.0.0.1:${port}/realtime/v1/websocket?vsn=1.0.0&apikey=${key}`,
        { headers: { host: hostOf(ref) } },
      )
      await once(socket, 'open')
      return socket
    }
    const heard: string[] = []
    const socket = await open('alpha', alpha.keys.anonKey)
    socket.on('message', (data: Buffer) => heard.push(String(data)))
    const say = (event: string, payload: object): void =>
      socket.send(JSON.stringify({ topic: 'realtime:room', event, payload, ref: '1' }))
    say('phx_join', { config: { broadcast: { self: true, ack: false } } })
    await expect.poll(() => heard.join(), { timeout: 5_000 }).toContain('phx_reply')
    say('broadcast', { type: 'broadcast', event: 'x', payload: { text: 'through' } })
    await expect.poll(() => heard.join(), { timeout: 5_000 }).toContain('through')
    socket.close()
    await expect(open('beta', alpha.keys.anonKey)).rejects.toThrow(/40[13]|closed/)
  })
})

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })
}
