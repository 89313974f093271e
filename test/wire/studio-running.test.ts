import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { StudioAnswer, TestStudio } from '@basalt/server/testing'

let studio: TestStudio
const markup = '<script>alert(1)</script>'

beforeAll(async () => {
  studio = await startTestStudio({
    inbox: true,
    schema: `
      set role postgres;
      create table public.notes (id int primary key, owner uuid default auth.uid(), body text);
      alter table notes enable row level security;
      create policy own on notes to authenticated using (owner = (select auth.uid()));
      grant all on notes to authenticated, anon, service_role;`,
  })
})
afterAll(() => studio.close())

const codeOf = ({ json }: StudioAnswer): string => (json as { code: string }).code
const key = () => studio.server.platform.keys.anonKey
const rest = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${studio.server.url}/rest/v1/${path}`, { headers: { apikey: key(), ...headers } })

interface Listed {
  readonly requests: readonly {
    readonly seq: number
    readonly id: string
    readonly path: string
    readonly query: string
    readonly status: number
    readonly method: string
  }[]
  readonly last: number
  readonly dropped: number
}
const logs = async (query = ''): Promise<Listed> => (await studio.ask('GET', `/logs${query}`)).json

async function makeUser(email: string): Promise<string> {
  const made = await studio.ask('POST', '/users', {
    email,
    password: 'long enough',
    email_confirm: true,
  })
  return (made.json as { id: string }).id
}

test('requests are kept from the first look on, each with its steps', async () => {
  await rest('notes?select=id')
  expect(studio.server.platform.running?.watcher ?? null).toBeNull()
  expect(await logs()).toMatchObject({ requests: [] })
  const response = await rest('notes?select=id&body=eq.x', { 'x-request-id': 'looked-at' })
  expect(response.headers.get('x-request-id')).toBe('looked-at')
  expect(response.headers.get('server-timing')).toBeNull()
  await rest('nothing')
  const { requests } = await logs()
  expect(requests).toMatchObject([
    { path: '/rest/v1/nothing', status: 404 },
    { path: '/rest/v1/notes', query: 'select=id&body=eq.x', status: 200, id: 'looked-at' },
  ])
  expect((await logs('?status=4xx')).requests).toHaveLength(1)
  expect((await logs('?text=body%3Deq')).requests).toHaveLength(1)
  expect((await logs('?method=post')).requests).toHaveLength(0)
  expect((await logs(`?before=${requests[0]?.seq}`)).requests).toHaveLength(1)
  expect((await studio.ask('GET', '/logs?status=x')).status).toBe(400)
  const one = (await studio.ask('GET', '/logs/looked-at')).json as {
    steps: { name: string; ms: number }[]
  }
  expect(one.steps.map(({ name }) => name)).toEqual([
    'authenticate',
    'jwt',
    'parse',
    'plan',
    'render',
    'transaction',
    'response',
    'service',
  ])
  expect(codeOf(await studio.ask('GET', '/logs/nothing'))).toBe('studio_request_not_found')
})

test('who follows is told of the next request, and of what was lost', async () => {
  const { last } = await logs()
  const next = studio.ask('GET', `/logs/stream?after=${last}&wait_ms=10000`)
  await rest(`notes?body=eq.${encodeURIComponent(markup)}`)
  const { requests } = (await next).json as Listed
  expect(requests).toHaveLength(1)
  expect(requests[0]?.query).toBe(`body=eq.${encodeURIComponent(markup)}`)
  const begun = performance.now()
  const none = (await studio.ask('GET', `/logs/stream?after=${last + 1}&wait_ms=50`)).json as Listed
  expect(none.requests).toEqual([])
  expect(performance.now() - begun).toBeLessThan(2_000)
})

test('secrets in a query are not kept', async () => {
  await fetch(`${studio.server.url}/auth/v1/verify?token=hush&type=signup`, { redirect: 'manual' })
  await fetch(`${studio.server.url}/rest/v1/notes?apikey=${key()}`)
  const text = JSON.stringify(await logs())
  expect(text).not.toContain('hush')
  expect(text).not.toContain(key())
})

test('metrics are steps of five seconds', async () => {
  expect((await studio.ask('GET', '/metrics')).json).toMatchObject({ step_ms: 5000 })
})

test('a token of a user is good for a minute, and he sees his rows', async () => {
  const id = await makeUser('alice@a.example')
  await studio.server.script(
    `insert into notes values (1, '${id}', 'hers'), (2, gen_random_uuid(), 'his')`,
  )
  const minted = (await studio.ask('POST', '/tokens', { user_id: id })).json as {
    access_token: string
    claims: { exp: number; iat: number; email: string }
    user: { email: string }
  }
  expect(minted.claims.exp - minted.claims.iat).toBe(60)
  expect(minted.user.email).toBe('alice@a.example')
  const rows = await rest('notes?select=id', { authorization: `Bearer ${minted.access_token}` })
  expect(await rows.json()).toEqual([{ id: 1 }])
  const asAnon = (await studio.ask('POST', '/tokens', {})).json as { claims: object }
  expect(asAnon.claims).toMatchObject({ role: 'anon' })
  const typed = await studio.ask('POST', '/tokens', { role: 'authenticated', claims: { org: 7 } })
  expect((typed.json as { claims: object }).claims).toMatchObject({ role: 'authenticated', org: 7 })
  for (const user_id of ['00000000-0000-4000-8000-000000000000', '../../settings'])
    expect(codeOf(await studio.ask('POST', '/tokens', { user_id }))).toBe('studio_user_not_found')
})

test('every option says what it is for, its value, and where that is from', async () => {
  await studio.ask('PATCH', '/config', { auth: { site_url: 'https://changed.example' } })
  const options = (await studio.ask('GET', '/config/schema')).json as {
    key: string
    value: unknown
    source: string
    locked: boolean
    secret: boolean
    doc: string
    choices: string[] | null
  }[]
  const option = (name: string) => options.find(({ key: one }) => one === name)
  expect(options.length).toBeGreaterThan(200)
  expect(options.every(({ doc }) => doc.length > 5)).toBe(true)
  expect(option('auth.site_url')).toMatchObject({
    value: 'https://changed.example',
    source: 'run time',
    locked: false,
  })
  expect(option('api.port')).toMatchObject({ source: 'default', locked: true })
  expect(option('auth.jwt_secret')).toMatchObject({ value: '********', secret: true })
  expect(option('basalt.log_level')?.choices).toContain('warn')
})

test('a look over the project says what is wrong, and what mends it', async () => {
  const checks = (await studio.ask('GET', '/doctor')).json as { name: string; level: string }[]
  expect(checks.map(({ name }) => name)).toEqual([
    'database',
    'owner',
    'connections',
    'pools',
    'transactions',
    'long_queries',
    'wraparound',
    'indexes',
    'extensions',
    'slots',
    'unused_slots',
    'durability',
    'wal_level',
    'clock',
    'version',
    'row_security',
    'definers',
    'views',
    'keys',
  ])
  expect(checks[0]?.level).toBe('ok')
})

test('statements that are not counted say how they would be', async () => {
  const answer = (await studio.ask('GET', '/statements')).json as {
    available: boolean
    reason: string | null
  }
  if (answer.available) expect(answer.reason).toBeNull()
  else expect(answer.reason).toContain('shared_preload_libraries')
})

test('objects are uploaded, listed, read as a download, and deleted', async () => {
  await studio.ask('POST', '/buckets', { id: 'files', name: 'files' })
  const name = encodeURIComponent('folder/a b&c.html')
  const up = await studio.send('POST', `/admin/v1/projects/default/storage/object/files/${name}`, {
    body: markup,
    headers: { 'content-type': 'text/html' },
  })
  expect(up.status, up.text).toBe(200)
  expect(
    (await studio.ask('POST', '/storage/list/files', { prefix: 'folder' })).json,
  ).toMatchObject([{ name: 'a b&c.html' }])
  const read = await studio.ask('GET', `/storage/object/files/${name}`)
  expect(read.text).toBe(markup)
  expect(read.headers).toMatchObject({
    'content-disposition': 'attachment',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  expect((await studio.ask('GET', '/storage/object/files/..%2F..%2Fbucket')).status).toBe(400)
  const moved = {
    bucketId: 'files',
    sourceKey: 'folder/a b&c.html',
    destinationKey: 'b.html',
  }
  const before = await studio.ask('POST', '/storage/move', moved)
  expect(before.status, before.text).toBe(200)
  const gone = await studio.ask('DELETE', '/storage/object/files', { prefixes: ['b.html'] })
  expect(gone.json).toMatchObject([{ name: 'b.html' }])
})

test.each(['what?.txt', 'folder//b.txt', `${'a'.repeat(300)}.txt`])(
  'whatever Storage takes as a name is read: %.20s',
  async (name) => {
    const path = `/storage/object/files/${encodeURIComponent(name)}`
    const headers = { 'content-type': 'text/plain' }
    const up = await studio.send('POST', `/admin/v1/projects/default${path}`, {
      body: 'it',
      headers,
    })
    expect(up.status, up.text).toBe(200)
    expect((await studio.ask('GET', path)).text).toBe('it')
  },
)

test('an upload goes on at Studio’s address', async () => {
  const path = '/admin/v1/projects/default/storage/upload'
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const begun = await studio.send('POST', path, {
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '6',
      'upload-metadata': `bucketName ${encode('files')},objectName ${encode('big.bin')}`,
    },
  })
  expect(begun.status, begun.text).toBe(201)
  const location = String(begun.headers['location'])
  expect(location).toMatch(/^\/admin\/v1\/projects\/default\/storage\/upload\/[\w-]+/)
  const part = await studio.send('PATCH', location, {
    body: 'abc',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    },
  })
  expect([part.status, part.headers['upload-offset']]).toEqual([204, '3'])
  const look = await studio.send('HEAD', location, {
    headers: { 'tus-resumable': '1.0.0', origin: studio.url, 'x-basalt-studio': '1' },
  })
  expect(look.headers['upload-offset']).toBe('3')
})

test('caught mail is shown in a frame in which nothing runs', async () => {
  const invited = await studio.ask('POST', '/auth/invite', { email: 'new@a.example' })
  expect(invited.status, invited.text).toBe(200)
  const list = async () =>
    (await studio.ask('GET', '/mail')).json as {
      messages: { ID: string; To: { Address: string }[] }[]
    }
  await expect.poll(async () => (await list()).messages.length).toBe(1)
  const [mail] = (await list()).messages
  const framed = await studio.ask('GET', `/mail/${mail?.ID}/html`)
  expect(framed.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/)
  expect(framed.text).toContain('href=')
  expect(codeOf(await studio.ask('GET', '/mail/nothing'))).toBe('studio_mail_not_found')
  expect((await studio.ask('DELETE', `/mail/${mail?.ID}`)).status).toBe(204)
  expect((await list()).messages).toEqual([])
})

test('a function is called with headers and body, and its answer is told whole', async () => {
  const call = { headers: { 'X-Own': 'a' }, body: '{}', path: '/x?y=1' }
  const answer = (await studio.ask('POST', '/functions/none/invoke', call)).json as {
    status: number
  }
  expect(answer.status).toBe(404)
  for (const wrong of [
    { path: 'x' },
    { path: '/../rest/v1' },
    { headers: { host: 'a' } },
    { headers: { a: 'b\r\nc' } },
  ])
    expect((await studio.ask('POST', '/functions/none/invoke', wrong)).status).toBe(400)
})
