/** Keys, what supabase-js may touch directly, documents, the queue, the OpenAPI document, MCP. */
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { createMcpServer } from '@basalt/code/mcp'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openAnswerCheck } from './check-answer.ts'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
let repository: { id: string; job_id: string }
beforeAll(async () => {
  service = await startTestService()
  ann = await service.signUp('ann')
  const origin = service.git.create('many')
  origin.commit({
    'a.ts': 'export class Shop {\n  open(hour: number) {\n    return start(hour)\n  }\n}\n',
    'a.py': 'class Shop:\n    def open_py(self, hour):\n        return start(hour)\n\nLIMIT = 3\n',
    'a.go':
      'package a\n\ntype Shop struct{}\n\nfunc (s Shop) OpenGo(hour int) int { return start(hour) }\n',
    'a.rs': 'struct Shop;\nimpl Shop {\n    fn open_rs(&self, hour: u8) -> u8 { start(hour) }\n}\n',
    'A.java': 'class Shop {\n  int openJava(int hour) { return start(hour); }\n}\n',
    'a.c': 'struct shop { int x; };\nint open_c(int hour) { return start(hour); }\n',
    'a.js': 'const openJs = (hour) => start(hour)\n',
    'b.tsx': 'export const View = () => <div onClick={() => start(1)} />\n',
  })
  await origin.push()
  repository = (
    await service.ask('/api/v1/repositories', ann.key, {
      method: 'POST',
      body: { git_url: origin.url },
    })
  ).body
  await vi.waitUntil(
    async () =>
      (await service.ask(`/api/v1/jobs/${repository.job_id}`, ann.key)).body.status === 'completed',
    { timeout: 15_000, interval: 20 },
  )
})
afterAll(() => service.close())

test.each([
  ['open', 'method', 'Shop', 'typescript'],
  ['open_py', 'method', 'Shop', 'python'],
  ['LIMIT', 'variable', null, 'python'],
  ['OpenGo', 'method', 'Shop', 'go'],
  ['open_rs', 'method', 'Shop', 'rust'],
  ['openJava', 'method', 'Shop', 'java'],
  ['open_c', 'function', null, 'c'],
  ['openJs', 'function', null, 'javascript'],
  ['View', 'function', null, 'tsx'],
])('%s is a %s in %s (%s), and calls start', async (name, kind, container, language) => {
  const path = `/api/v1/symbols/search?match=exact&pattern=${name}`
  const { symbols } = (await service.ask(path, ann.key)).body
  expect(symbols).toMatchObject([{ name, kind, container, language }])
})

test.each([
  ['prefix', 'open_', ['open_c', 'open_py', 'open_rs']],
  ['substring', 'PENJ', ['openJava', 'openJs']],
  ['glob', 'o*_?', ['open_c']],
  ['fuzzy', 'opnJava', ['openJava']],
])('%s: %s', async (match, pattern, expected) => {
  const { symbols } = (
    await service.ask(`/api/v1/symbols/search?match=${match}&pattern=${pattern}`, ann.key)
  ).body
  expect(symbols.slice(0, expected.length).map(({ name }) => name)).toEqual(expected)
})

test('pages follow each other until there is no more', async () => {
  const names: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const more = cursor === '' ? '' : `&cursor=${cursor}`
    const path = `/api/v1/symbols/search?pattern=o&limit=3${more}`
    const { body } = await service.ask(path, ann.key)
    names.push(...body.symbols.map(({ name }) => name))
    cursor = body.next_cursor
  }
  expect(names).toEqual(names.toSorted((one, other) => (one < other ? -1 : 1)))
  expect(names.length).toBeGreaterThan(6)
  const forged = Buffer.from('["x","1 or 1=1"]').toString('base64url')
  const path = `/api/v1/symbols/search?pattern=o&cursor=${forged}`
  expect((await service.ask(path, ann.key)).status).toBe(400)
})

test('keys are made through supabase-js without a hash, issued once, rotated, and stored as a hash', async () => {
  const { data: made, error } = await ann.client
    .from('api_keys')
    .insert({ name: 'mine', permissions: { read: true, write: false }, rate_limit: 100 })
    .select()
    .single()
  expect(error).toBeNull()
  const row = made as { id: string; key_hash: string }
  const issue = async () => String((await ann.client.rpc('issue_api_key', { key_id: row.id })).data)
  const first = await issue()
  expect((await service.ask('/api/v1/repositories', first)).status).toBe(200)
  expect(
    (await service.ask('/api/v1/documents', first, { method: 'POST', body: { path: 'x' } })).status,
  ).toBe(403)
  const second = await issue()
  await expect
    .poll(async () => (await service.ask('/api/v1/repositories', first)).body.error_type)
    .toBe('invalid_api_key')
  expect((await service.ask('/api/v1/repositories', second)).status).toBe(200)
  const { data } = await ann.client.from('api_keys').select('key_hash').eq('id', row.id).single()
  expect((data as { key_hash: string }).key_hash).toMatch(/^[\da-f]{64}$/)
  const other = await service.signUp('mallory')
  expect((await other.client.rpc('issue_api_key', { key_id: row.id })).error?.code).toBe('P0002')
})

test("limits, counts and the state of jobs are not a user's to set", async () => {
  const refused = async (answer: PromiseLike<{ error: { code: string } | null }>) =>
    expect((await answer).error?.code).toBe('42501')
  const keys = () => ann.client.from('api_keys')
  await refused(keys().update({ usage_count: 0, monthly_quota: 5_000_000 }).eq('id', ann.keyId))
  await refused(keys().update({ key_hash: 'x' }).eq('id', ann.keyId))
  await refused(keys().insert({ name: 'greedy', rate_limit: 100_000 }))
  await refused(
    ann.client.from('repositories').update({ git_url: 'file:///etc' }).eq('id', repository.id),
  )
  await refused(
    ann.client.from('repositories').update({ webhook_secret_hash: 'x' }).eq('id', repository.id),
  )
  await refused(
    ann.client
      .from('indexing_jobs')
      .insert({ repository_id: repository.id, job_type: 'full_index', priority: 1e6 }),
  )
  await refused(
    ann.client.from('indexing_jobs').update({ status: 'queued' }).eq('id', repository.job_id),
  )
  await refused(ann.client.from('symbols').delete().gt('id', 0))
})

test('an address, an expiry and a rate limit each refuse a key', async () => {
  const away = await service.signUp('away', { allowed_ips: ['10.0.0.0/8'] })
  expect((await service.ask('/api/v1/files', away.key)).body.error_type).toBe('address_not_allowed')
  const late = await service.signUp('late', { expires_at: '2020-01-01T00:00:00Z' })
  expect((await service.ask('/api/v1/files', late.key)).body.error_type).toBe('invalid_api_key')
  const slow = await service.signUp('slow', { rate_limit: 3 })
  const statuses = await Promise.all(
    Array.from({ length: 8 }, async () => (await service.ask('/api/v1/files', slow.key)).status),
  )
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  expect(statuses.filter((status) => status === 429)).toHaveLength(5)
  expect((await service.ask('/api/v1/files', 'guess')).status).toBe(401)
  expect((await service.ask('/api/v1/files', null)).status).toBe(401)
})

test('documents are written, found by words, changed and deleted', async () => {
  const body = { path: 'notes/a', title: 'Release plan', content: 'We ship the parser in autumn.' }
  const made = await service.ask('/api/v1/documents', ann.key, { method: 'POST', body })
  expect(made.status).toBe(201)
  const again = await service.ask('/api/v1/documents', ann.key, { method: 'POST', body })
  expect([again.status, again.body.error_type]).toEqual([409, 'conflict'])
  const search = async (q: string, user = ann) =>
    (await service.ask(`/api/v1/documents/search?q=${q}`, user.key)).body.documents
  expect(await search('shipping parsers')).toMatchObject([{ path: 'notes/a' }])
  const bob = await service.signUp('bob')
  expect(await search('parser', bob)).toEqual([])
  const place = `/api/v1/documents/${made.body.id}`
  expect((await service.ask(place, bob.key)).status).toBe(404)
  const change = { method: 'PATCH', body: { content: 'Later.' } }
  expect((await service.ask(place, ann.key, change)).status).toBe(200)
  expect(await search('parser')).toEqual([])
  expect((await service.ask(place, ann.key, { method: 'DELETE' })).status).toBe(204)
  expect((await service.ask(place, ann.key)).status).toBe(404)
})

test('documents are listed by what their path begins with, whatever it is', async () => {
  const cat = await service.signUp('cat')
  const paths = ['a(b/1', 'a*b/1', 'a\\b/1', 'a_b/1', 'axb/1', 'a%b/1', 'A*b/1'].toSorted()
  for (const path of paths)
    await service.ask('/api/v1/documents', cat.key, { method: 'POST', body: { path } })
  const list = async (prefix: string) => {
    const path = `/api/v1/documents?prefix=${encodeURIComponent(prefix)}`
    const { documents } = (await service.ask(path, cat.key)).body
    return (documents as { path: string }[]).map((document) => document.path)
  }
  expect((await list('')).toSorted()).toEqual(paths)
  for (const path of paths) expect(await list(path.slice(0, 3))).toEqual([path])
})

test('a job whose worker is gone is taken over; one that is cancelled ends', async () => {
  // workers may be gone more often than a job may fail, and not for ever
  for (const [attempts, status] of [
    [1, 'completed'],
    [5, 'completed'],
    [10, 'failed'],
  ] as const) {
    const job = randomUUID()
    await service.platform.script(`
      insert into indexing_jobs (id, repository_id, job_type, status, lease, attempts, heartbeat_at)
      values ('${job}', '${repository.id}', 'incremental_update', 'in_progress', gen_random_uuid(), ${attempts}, now() - interval '1 hour')`)
    const ended = async () => (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.status
    await expect.poll(ended, { message: `${attempts} attempts` }).toBe(status)
  }
  await service.platform.script(`
    insert into indexing_jobs (id, repository_id, job_type, run_at)
    values ('00000000-0000-4000-8000-000000000001', '${repository.id}', 'incremental_update', now() + interval '1 hour')`)
  const cancel = '/api/v1/jobs/00000000-0000-4000-8000-000000000001/cancel'
  expect((await service.ask(cancel, ann.key, { method: 'POST' })).body.status).toBe('cancelled')
  const bob = await service.signUp('bob')
  expect((await service.ask(cancel, bob.key, { method: 'POST' })).status).toBe(404)
  expect((await service.ask(cancel, ann.key, { method: 'POST' })).body).toMatchObject({
    error_type: 'conflict',
    message: 'The job has ended already: cancelled.',
  })
})

test('what is given wrongly is told all at once, in the form of errors', async () => {
  const { status, body } = await service.ask('/api/v1/symbols/search?limit=x&kin=y', ann.key)
  expect(status).toBe(400)
  expect(body).toMatchObject({
    error_type: 'invalid_request',
    details: {
      fields: { pattern: 'is missing', limit: 'is not a whole number', kin: 'is not known' },
    },
  })
  const [repository] = (await ann.client.from('repositories').select('id')).data ?? []
  const patch = async (change: object) => {
    const path = `/api/v1/repositories/${repository?.id}`
    return (await service.ask(path, ann.key, { method: 'PATCH', body: change })).body
  }
  expect(await patch({})).toMatchObject({ message: 'Nothing is to be changed.' })
  expect(await patch({ name: '' })).toMatchObject({ details: { fields: { name: 'is empty' } } })
  expect((await service.ask('/nowhere', ann.key)).body.error_type).toBe('not_found')
  expect((await service.ask('/api/v1/files', ann.key, { method: 'DELETE' })).status).toBe(405)
})

test('what answers GET answers HEAD as well, without a body', async () => {
  for (const path of ['/health', `/api/v1/repositories/${repository.id}`]) {
    const headers = { 'x-api-key': ann.key }
    const response = await fetch(service.url + path, { method: 'HEAD', headers })
    expect([response.status, await response.text()], path).toEqual([200, ''])
    expect(Number(response.headers.get('content-length')), path).toBeGreaterThan(0)
  }
  const refused = await fetch(`${service.url}/api/v1/nowhere`, { method: 'HEAD' })
  expect(refused.status).toBe(404)
})

test.each([
  ['a name that is empty', { name: '' }],
  ['settings that are too long', { settings: { a: 'x'.repeat(30_000) } }],
  [
    'settings that are too deep',
    { settings: { a: JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) } },
  ],
])('a repository with %s is refused, and nothing is wrong here', async (_, more) => {
  const body = { git_url: `${service.git.url}/refused.git`, ...more }
  const refused = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
  expect(refused).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } })
})

test('the OpenAPI document has every path, and each says who may', async () => {
  const document = (await service.ask('/api/v1/openapi.json', null)).body as unknown as {
    paths: Record<string, Record<string, { security: unknown; responses: object }>>
  }
  const responsesOf = (path: string, method: string) =>
    Object.keys(document.paths[path]?.[method]?.responses ?? {})
  expect(responsesOf('/health', 'get')).toEqual(['503', '2XX', 'default'])
  expect(responsesOf('/api/v1/documents/{id}', 'delete')).toEqual(['204', 'default'])
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/api/v1/symbols/search',
      '/api/v1/search/code',
      '/api/v1/symbols/{id}/references',
      '/api/v1/symbols/{id}/callers',
      '/api/v1/files',
      '/api/v1/repositories',
      '/api/v1/index/status',
      '/api/v1/documents/{id}',
      '/webhooks/github/{repository_id}',
      '/health',
    ]),
  )
})

test('a permission that is neither true nor false is refused', async () => {
  const asked = { method: 'POST', body: { name: 'dead', permissions: { read: 'yes' } } }
  expect(await service.ask('/api/v1/keys', ann.token, asked)).toMatchObject({
    status: 400,
    body: { details: { fields: { permissions: 'read or write is neither true nor false' } } },
  })
})

test('every answer of these tests is held against the document, which says what it has', async () => {
  const check = await openAnswerCheck(service.url)
  const path = '/api/v1/symbols/search?pattern=open_rs'
  const { status, body } = await service.ask(path, ann.key)
  const symbols = (change: object) => ({
    ...body,
    symbols: body.symbols.map((one) => ({ ...one, ...change })),
  })
  expect(() => check('GET', path, status, symbols({}))).not.toThrow()
  expect(() => check('GET', path, status, symbols({ name: 1 }))).toThrow('name must be string')
  expect(() => check('GET', path, status, symbols({ more: 1 }))).toThrow('additional properties')
  expect(() => check('GET', path, status, { symbols: [] })).toThrow("property 'next_cursor'")
  expect(() => check('GET', path, 400, {})).toThrow("property 'error_type'")
})

test.each([
  ['GET', 'repositories/1', undefined],
  ['PATCH', 'repositories/1', { name: 'a' }],
  ['DELETE', 'repositories/1', undefined],
  ['POST', 'repositories/1/rotate-secret', undefined],
  ['POST', 'repositories/1/index', {}],
  ['GET', 'jobs/1', undefined],
  ['POST', 'jobs/1/cancel', undefined],
  ['GET', 'documents/1', undefined],
  ['PATCH', 'documents/1', { title: 'a' }],
  ['DELETE', 'documents/1', undefined],
  ['GET', 'symbols/x', undefined],
  ['GET', 'symbols/x/callers', undefined],
  ['GET', 'files/x', undefined],
])('%s %s: nothing has an id of that form', async (method, path, body) => {
  const answer = await service.ask(`/api/v1/${path}`, ann.key, { method, body })
  expect(answer).toMatchObject({ status: 404, body: { error_type: 'not_found' } })
})

test('a search may be given no cursor as null, and a webhook is described with its headers', async () => {
  const body = { pattern: 'open_rs', cursor: null }
  const asked = { method: 'POST', body }
  expect(await service.ask('/api/v1/symbols/search', ann.key, asked)).toMatchObject({
    status: 200,
    body: { symbols: [{ name: 'open_rs' }] },
  })
  const { paths } = (await service.ask('/api/v1/openapi.json', null)).body as unknown as {
    paths: Record<string, { post: { parameters: { name: string }[]; requestBody: object } }>
  }
  const webhook = paths['/webhooks/github/{repository_id}']?.post
  expect(webhook?.parameters.map(({ name }) => name)).toContain('X-Hub-Signature-256')
  expect(webhook?.requestBody).toMatchObject({ content: { 'application/json': {} } })
})

test('MCP has the same searches', async () => {
  const server = createMcpServer({ url: service.url, apiKey: ann.key })
  const client = new Client({ name: 'test', version: '1' })
  const [one, other] = InMemoryTransport.createLinkedPair()
  await Promise.all([server.connect(one), client.connect(other)])
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['search_symbols', 'search_code', 'find_references', 'find_callers']),
  )
  const call = async (name: string, input: Record<string, unknown>) => {
    const { content } = await client.callTool({ name, arguments: input })
    return JSON.parse((content as { text: string }[])[0]?.text ?? '') as Record<string, unknown>
  }
  expect(await call('search_symbols', { pattern: 'open_rs', match: 'exact' })).toMatchObject({
    symbols: [{ name: 'open_rs' }],
  })
  expect(await call('search_code', { pattern: 'start(hour)' })).toMatchObject({
    matches: expect.arrayContaining([expect.objectContaining({ path: 'a.py', line: 3 })]),
  })
  await client.close()
})

test('MCP says where an API is that does not answer', async () => {
  const server = createMcpServer({ url: 'http://127.0.0.1:1', apiKey: ann.key })
  const client = new Client({ name: 'test', version: '1' })
  const [one, other] = InMemoryTransport.createLinkedPair()
  await Promise.all([server.connect(one), client.connect(other)])
  expect(await client.callTool({ name: 'list_repositories', arguments: {} })).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/^The API at http:..127.0.0.1:1 did not answer: ./) }],
  })
  await client.close()
})

test('the command serves MCP on standard input and output, and ends with its client', async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [resolve('packages/cli/bin/basalt.mjs'), 'code', 'mcp', '--url', service.url],
    env: { CODE_API_KEY: ann.key },
  })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  const pid = transport.pid as number
  const found = await client.callTool({
    name: 'search_symbols',
    arguments: { pattern: 'openJava', match: 'exact' },
  })
  expect(JSON.parse((found.content as [{ text: string }])[0].text)).toMatchObject({
    symbols: [{ name: 'openJava', path: 'A.java' }],
  })
  // an answer that is an error is told as one, and the next call is answered
  const refused = await client.callTool({ name: 'read_file', arguments: { id: '999999999' } })
  expect(refused).toMatchObject({ isError: true })
  expect((await client.callTool({ name: 'list_repositories', arguments: {} })).isError).not.toBe(
    true,
  )
  await client.close()
  await expect.poll(() => isRunning(pid)).toBe(false)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
