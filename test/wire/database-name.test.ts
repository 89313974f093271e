/** A database that is known by a name: what the name means by now is asked with each connection. */
import dns from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  executeDirectly,
  prepareTestServer,
  startTestPlatform,
  startTestReplica,
  withDatabase,
} from '@basalt/server/testing'
import type { TestPlatform, TestPostgres, TestReplica } from '@basalt/server/testing'

const name = 'db.test.example'
let meaning: readonly string[] = []
let postgres: TestPostgres
let replica: TestReplica
let server: TestPlatform
const forwarders: Forwarder[] = []

interface Forwarder {
  readonly port: number
  close(): void
}

/** Takes connections at an address of this machine for the server at `url`. */
async function forward(host: string, port: number, url: string): Promise<Forwarder> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const listening: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => listening.listen(port, host, () => resolve()))
  const forwarder = {
    port: (listening.address() as AddressInfo).port,
    close: () => {
      listening.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  forwarders.push(forwarder)
  return forwarder
}

function resolveName(): void {
  const lookup = dns.lookup
  type Answer = (error: Error | null, found: string | LookupAddress[], family?: number) => void
  const answer = (host: string, options: dns.LookupOptions, callback: Answer): void => {
    if (host !== name) return lookup(host, options, callback as never)
    const all = meaning.map((address) => ({ address, family: 4 }))
    if (options.all === true) callback(null, all)
    else callback(null, all[0]?.address ?? '', 4)
  }
  vi.spyOn(dns, 'lookup').mockImplementation(answer as never)
}

let first: Forwarder

beforeAll(async () => {
  const prepared = await prepareTestServer({ settings: { wal_level: 'logical' } })
  postgres = prepared
  const database = withDatabase(prepared.url, prepared.template)
  await executeDirectly(
    database,
    'create table public.words (word text)',
    'grant all on public.words to anon',
  )
  replica = await startTestReplica(postgres)
  first = await forward('127.0.0.2', 0, postgres.url)
  resolveName()
  meaning = ['127.0.0.2']
  const url = new URL(database)
  url.hostname = name
  url.port = String(first.port)
  server = await startTestPlatform({ databaseUrl: url.href })
})
afterAll(async () => {
  await server.close()
  vi.restoreAllMocks()
  for (const forwarder of forwarders) forwarder.close()
  await replica.discard()
  await postgres.stop()
})

const ask = async (method: string): Promise<number> => {
  const response = await fetch(`${server.url}/rest/v1/words`, {
    method,
    headers: { apikey: server.platform.keys.publishableKey, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{"word":"here"}' } : {}),
  })
  return response.status
}

test('it moves to another address: connections that are made again go there', async () => {
  expect(await ask('POST')).toBe(201)
  await forward('127.0.0.3', first.port, postgres.url)
  meaning = ['127.0.0.3']
  first.close()
  await expect.poll(() => ask('POST'), { timeout: 5_000 }).toBe(201)
})

test('it has two addresses, one of which is dead', async () => {
  meaning = ['127.0.0.4', '127.0.0.3']
  await executeDirectly(
    postgres.url,
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $$client backend$$',
  )
  await expect.poll(() => ask('POST'), { timeout: 5_000 }).toBe(201)
})

test('it still means a server that became a standby: nobody stays there', async () => {
  await forward('127.0.0.5', first.port, replica.url)
  meaning = ['127.0.0.5']
  await executeDirectly(
    postgres.url,
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $$client backend$$',
  )
  // some were told that their connection is gone; then that there is none
  const isThere = `do $$ begin assert exists (select from pg_stat_activity where usename = 'authenticator'); end $$`
  for (let at = 0; at < 20; at++) expect(await ask('POST')).toBe(503)
  await expect(executeDirectly(replica.url, isThere)).rejects.toThrow('assertion failed')
  meaning = ['127.0.0.3']
  await expect.poll(() => ask('POST'), { timeout: 5_000 }).toBe(201)
})
