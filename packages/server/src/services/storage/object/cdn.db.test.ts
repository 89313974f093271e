/** What a CDN in front may keep, and what it is told. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

interface Told {
  readonly authorization: string | undefined
  readonly bucket: string
  readonly keys: string[] | null
}

const told: Told[] = []
/** Of the next answers; then 204. */
const statuses: number[] = []
/** The CDN answers after it. */
let held = Promise.resolve()
let cdn: Server
let server: TestPlatform
beforeAll(async () => {
  cdn = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    const answer = (): void => {
      const status = statuses.shift() ?? 204
      const { authorization } = request.headers
      if (status === 204) told.push({ authorization, ...JSON.parse(String(Buffer.concat(chunks))) })
      response.writeHead(status).end()
    }
    request.on('end', () => void held.then(answer))
  }).listen(0, '127.0.0.1')
  await once(cdn, 'listening')
  server = await startTestPlatform({
    config: {
      'storage.cdn_url': 'https://cdn.example.com/',
      'storage.purge_url': `http://127.0.0.1:${(cdn.address() as AddressInfo).port}/purge`,
      'storage.purge_secret': 'secret',
    },
  })
  for (const name of ['open', 'closed'])
    await send('POST', '/bucket', { name, public: name === 'open' })
})
afterAll(async () => {
  await server.close()
  cdn.close()
})
beforeEach(() => void told.splice(0))

function send(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${server.url}/storage/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
      'cache-control': 'public, max-age=3600',
      'x-upsert': 'true',
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const keysTold = (): (string[] | null)[] => told.map(({ keys }) => keys?.toSorted() ?? null)

test('what is public keeps its age, what is not is the client’s alone, a signature limits it', async () => {
  for (const bucket of ['open', 'closed']) await send('POST', `/object/${bucket}/a.txt`, 'a')
  const age = async (path: string) => {
    const { headers } = await send('GET', path)
    return headers.get('cache-control')
  }
  expect(await age('/object/public/open/a.txt')).toBe('public, max-age=3600')
  expect(await age('/object/authenticated/closed/a.txt')).toBe('private, max-age=3600')
  expect(await age('/object/open/a.txt')).toBe('private, max-age=3600')
  const anonymous = await fetch(`${server.url}/storage/v1/object/open/a.txt`)
  expect(anonymous.headers.get('cache-control')).toBe('public, max-age=3600')
  const signed = await send('POST', '/object/sign/closed/a.txt', { expiresIn: 60 })
  const { signedURL } = (await signed.json()) as { signedURL: string }
  const response = await fetch(`${server.url}/storage/v1${signedURL}`)
  expect(response.headers.get('cache-control')).toMatch(/^public, max-age=(?:5\d|60)$/)
  expect(Date.parse(response.headers.get('expires') ?? '')).toBeLessThan(Date.now() + 61_000)
})

test('the public URL of an object is the CDN’s', async () => {
  await send('POST', '/object/open/a%20folder/b.txt', 'b')
  const info = await send('GET', '/object/info/public/open/a%20folder/b.txt')
  expect(await info.json()).toMatchObject({
    public_url: 'https://cdn.example.com/storage/v1/object/public/open/a%20folder/b.txt',
  })
})

test('what is replaced, moved and removed is told, with the secret; what is new is not', async () => {
  await send('POST', '/object/open/one', 'x')
  await send('POST', '/object/open/two', 'x')
  await send('POST', '/object/open/one', 'y')
  await expect.poll(keysTold).toEqual([['one']])
  expect(told[0]).toEqual({ authorization: 'Bearer secret', bucket: 'open', keys: ['one'] })
  const move = { bucketId: 'open', sourceKey: 'one', destinationKey: 'moved' }
  await send('POST', '/object/move', move)
  await expect.poll(() => keysTold().slice(1)).toEqual([['one']])
  await send('DELETE', '/object/open', { prefixes: ['two', 'moved', 'none'] })
  await expect.poll(() => keysTold().slice(2)).toEqual([['moved', 'two']])
  await send('POST', '/object/copy', { ...move, sourceKey: 'none' })
  await send('POST', '/bucket/open/empty')
  await expect.poll(() => keysTold().slice(3)).toEqual([null])
})

test('a CDN that fails is told again, and no request waits for it', async () => {
  await send('POST', '/object/open/again', 'x')
  statuses.push(500)
  let release = (): void => {}
  held = new Promise((resolve) => (release = resolve))
  await send('POST', '/object/open/again', 'y')
  await send('PUT', '/bucket/open', { public: false })
  expect(told).toEqual([])
  release()
  await expect.poll(keysTold, { timeout: 15_000 }).toEqual([['again'], null])
})
