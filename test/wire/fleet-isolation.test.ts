/** Two projects on two servers of Postgres: nothing of one is of any use at the other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  executeDirectly,
  prepareTestServer,
  startTestFleet,
  withDatabase,
} from '@basalt/server/testing'
import type { ProjectRecord, TestFleet } from '@basalt/server/testing'
import { clientOf, send } from './fleet.ts'
import type { Reply } from './fleet.ts'

const secretOfA = 'only for A'
let elsewhere: Awaited<ReturnType<typeof prepareTestServer>>
let fleet: TestFleet
let a: ProjectRecord
let b: ProjectRecord
let tokenOfA: string
let refreshOfA: string
let userOfA: string
let signedUrlOfA: string
let uploadUrlOfA: string
const loot: Record<string, string> = {}

beforeAll(async () => {
  elsewhere = await prepareTestServer()
  fleet = await startTestFleet()
  const other = withDatabase(elsewhere.url, elsewhere.template)
  ;[a, b] = await Promise.all([fleet.create('alpha'), fleet.create('beta', { databaseUrl: other })])
  for (const { databaseUrl } of [a, b])
    await executeDirectly(
      databaseUrl,
      'create table public.notes (id int primary key, note text, owner uuid default auth.uid())',
      'alter table public.notes enable row level security',
      'create policy own on public.notes for all to authenticated using (owner = auth.uid())',
      'grant all on public.notes to anon, authenticated, service_role',
      "insert into storage.buckets (id, name, public) values ('files', 'files', false)",
    )
  await executeDirectly(a.databaseUrl, `insert into public.notes values (1, '${secretOfA}')`)
  const service = clientOf(fleet.url, 'alpha', a.keys.secretKey)
  await service.storage.from('files').upload('secret.txt', secretOfA)
  const signed = await service.storage.from('files').createSignedUrl('secret.txt', 600)
  signedUrlOfA =
    new URL(signed.data?.signedUrl ?? '').pathname + new URL(signed.data?.signedUrl ?? '').search
  const upload = await service.storage.from('files').createSignedUploadUrl('new.txt')
  const uploadUrl = new URL(upload.data?.signedUrl ?? '')
  uploadUrlOfA = uploadUrl.pathname + uploadUrl.search
  const client = clientOf(fleet.url, 'alpha', a.keys.publishableKey)
  const { data } = await client.auth.signUp({ email: 'a@a.example', password: 'correct horse' })
  tokenOfA = data.session?.access_token ?? ''
  refreshOfA = data.session?.refresh_token ?? ''
  userOfA = data.user?.id ?? ''
  Object.assign(loot, {
    'publishable key': a.keys.publishableKey,
    'secret key': a.keys.secretKey,
    'anon key': a.keys.anonKey,
    'service key': a.keys.serviceRoleKey,
    'token of a user': tokenOfA,
  })
})
afterAll(async () => {
  await fleet.close()
  await elsewhere.stop()
})

const atB = (
  path: string,
  headers: Record<string, string>,
  options?: { method?: string; body?: string },
): Promise<Reply> => send(`${fleet.url}${path}`, { 'x-project-ref': 'beta', ...headers }, options)

/** Nobody learns more than that it was refused. */
function expectRefused({ status, body }: Reply, ...allowed: number[]): void {
  expect(allowed.length === 0 ? [400, 401, 403, 404] : allowed).toContain(status)
  for (const word of [secretOfA, 'alpha', a.keys.jwtSecret, a.databaseUrl])
    expect(body).not.toContain(word)
}

const paths = [
  '/rest/v1/notes',
  '/auth/v1/user',
  '/auth/v1/admin/users',
  '/auth/v1/settings',
  '/storage/v1/bucket',
  '/storage/v1/object/files/secret.txt',
  '/storage/v1/object/authenticated/files/secret.txt',
  '/admin/v1/projects/beta/config',
  '/admin/v1/projects/alpha/config',
  '/v1/projects/beta/functions',
  '/v1/projects/beta/secrets',
  '/realtime/v1/api/broadcast',
]

const ways: readonly (readonly [
  name: string,
  withPublicKey: boolean,
  headers: (key: string) => Record<string, string>,
])[] = [
  ['as apikey', false, (key) => ({ apikey: key })],
  ['as bearer', false, (key) => ({ authorization: `Bearer ${key}` })],
  ['as both', false, (key) => ({ apikey: key, authorization: `Bearer ${key}` })],
  [
    "as bearer, beside B's own public key",
    true,
    (key) => ({ apikey: b.keys.publishableKey, authorization: `Bearer ${key}` }),
  ],
]

describe.each(ways)('%s', (_, withPublicKey, headersOf) => {
  test.each(['publishable key', 'secret key', 'anon key', 'service key', 'token of a user'])(
    'the %s of A opens nothing of B',
    async (name) => {
      const key = loot[name] as string
      for (const path of paths) {
        const reply = await atB(path, headersOf(key))
        expect(reply.body).not.toContain(secretOfA)
        // an sb_ key as bearer is looked past, as hosted Supabase does: it is B's public key that asks
        const asksInPublic =
          withPublicKey && (key.startsWith('sb_') || path === '/auth/v1/settings')
        if (!asksInPublic) expectRefused(reply, 400, 401, 403, 404, 405)
      }
    },
  )
})

test('a refresh token, a password, a user of A are nothing at B', async () => {
  const client = clientOf(fleet.url, 'beta', b.keys.publishableKey)
  expect((await client.auth.refreshSession({ refresh_token: refreshOfA })).error).not.toBeNull()
  const signIn = await client.auth.signInWithPassword({
    email: 'a@a.example',
    password: 'correct horse',
  })
  expect(signIn.error?.code).toBe('invalid_credentials')
  const admin = clientOf(fleet.url, 'beta', b.keys.secretKey)
  expect((await admin.auth.admin.getUserById(userOfA)).error?.status).toBe(404)
  // and still good at home
  const home = clientOf(fleet.url, 'alpha', a.keys.publishableKey)
  expect((await home.auth.getUser(tokenOfA)).data.user?.id).toBe(userOfA)
})

test('signed URLs of A are nothing at B, uploads neither', async () => {
  expect((await send(`${fleet.url}${signedUrlOfA}`, { 'x-project-ref': 'alpha' })).body).toBe(
    secretOfA,
  )
  expectRefused(await atB(signedUrlOfA, {}))
  expectRefused(
    await atB(uploadUrlOfA, { 'content-type': 'text/plain' }, { method: 'PUT', body: 'x' }),
  )
  const service = clientOf(fleet.url, 'beta', b.keys.secretKey)
  expect((await service.storage.from('files').list()).data).toEqual([])
  expect((await service.storage.from('files').download('secret.txt')).error).not.toBeNull()
})

test('objects of the same bucket and name are two', async () => {
  const ofA = clientOf(fleet.url, 'alpha', a.keys.secretKey).storage.from('files')
  const ofB = clientOf(fleet.url, 'beta', b.keys.secretKey).storage.from('files')
  await ofA.upload('same.txt', 'of A')
  await ofB.upload('same.txt', 'of B')
  expect(await (await ofA.download('same.txt')).data?.text()).toBe('of A')
  expect(await (await ofB.download('same.txt')).data?.text()).toBe('of B')
  await ofB.remove(['same.txt'])
  expect(await (await ofA.download('same.txt')).data?.text()).toBe('of A')
})

test('a resumable upload of A cannot be continued at B', async () => {
  const metadata = ['bucketName files', 'objectName big.txt'].map((pair) => {
    const [name, value = ''] = pair.split(' ')
    return `${name} ${Buffer.from(value).toString('base64')}`
  })
  const begun = await send(
    `${fleet.url}/storage/v1/upload/resumable`,
    {
      'x-project-ref': 'alpha',
      apikey: a.keys.secretKey,
      authorization: `Bearer ${a.keys.serviceRoleKey}`,
      'tus-resumable': '1.0.0',
      'upload-length': '10',
      'upload-metadata': metadata.join(','),
    },
    { method: 'POST' },
  )
  expect(begun.status).toBe(201)
  const path = new URL(String(begun.headers['location'])).pathname
  const headers = {
    apikey: b.keys.secretKey,
    authorization: `Bearer ${b.keys.serviceRoleKey}`,
    'tus-resumable': '1.0.0',
  }
  expectRefused(await atB(path, headers, { method: 'HEAD' }))
  const patch = {
    ...headers,
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
  }
  expectRefused(await atB(path, patch, { method: 'PATCH', body: '0123456789' }))
})

function joined(ref: string, apikey: string, token: string, topic = 'room'): Promise<string> {
  const url = fleet.url.replace('http', 'ws')
  const socket = new WebSocket(`${url}/realtime/v1/websocket?apikey=${apikey}&vsn=1.0.0`, {
    headers: { 'x-project-ref': ref },
  })
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(`refused ${response.statusCode}`))
    socket.on('error', () => {})
    socket.on('close', () => resolve('closed'))
    socket.on('open', () =>
      socket.send(
        JSON.stringify({
          topic: `realtime:${topic}`,
          event: 'phx_join',
          ref: '1',
          join_ref: '1',
          payload: { config: {}, access_token: token },
        }),
      ),
    )
    socket.on('message', (data) => {
      const { event, payload } = JSON.parse(String(data))
      if (event !== 'phx_reply') return
      resolve(payload.status)
      socket.close()
    })
  })
}

test('channels: keys and tokens of A join none of B', async () => {
  expect(await joined('alpha', a.keys.publishableKey, tokenOfA)).toBe('ok')
  expect(await joined('beta', a.keys.publishableKey, tokenOfA)).toMatch(/refused|closed/)
  expect(await joined('beta', a.keys.anonKey, a.keys.anonKey)).toMatch(/refused|closed/)
  expect(await joined('beta', b.keys.publishableKey, tokenOfA)).toMatch(/error|closed/)
})

test('what is broadcast in A is not heard in B, on the same topic', async () => {
  const heard: string[] = []
  const listening = async (ref: string, key: string) => {
    // names of projects come by a header that realtime-js does not send: the socket does
    const transport = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols, { headers: { 'x-project-ref': ref } })
      }
    }
    const client = clientOf(fleet.url, ref, key, transport as typeof WebSocket)
    const channel = client.channel('lobby')
    channel.on('broadcast', { event: 'word' }, ({ payload }) =>
      heard.push(`${ref} ${payload.word}`),
    )
    await new Promise<void>((resolve) =>
      channel.subscribe((status) => status === 'SUBSCRIBED' && resolve()),
    )
    return client
  }
  const clients = await Promise.all([
    listening('alpha', a.keys.publishableKey),
    listening('beta', b.keys.publishableKey),
  ])
  const tell = (record: ProjectRecord, word: string): Promise<Reply> =>
    send(
      `${fleet.url}/realtime/v1/api/broadcast`,
      {
        'x-project-ref': record.ref,
        apikey: record.keys.secretKey,
        'content-type': 'application/json',
      },
      {
        method: 'POST',
        body: JSON.stringify({ messages: [{ topic: 'lobby', event: 'word', payload: { word } }] }),
      },
    )
  await tell(a, 'one')
  await tell(b, 'two')
  await expect.poll(() => heard.toSorted()).toEqual(['alpha one', 'beta two'])
  for (const client of clients) await client.removeAllChannels()
})
