/** What goes wrong in the middle leaves no half object, no row without bytes and, after a refusal, no bytes. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createMemoryStore } from '#base/blob'
import type { BlobStore } from '#base/blob'

let server: TestPlatform
let blobs: BlobStore
/** What happens after a row was read and before its bytes are; each once. */
const between: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  const memory = createMemoryStore()
  blobs = {
    ...memory,
    get: async (key, range) => {
      await between.shift()?.()
      return memory.get(key, range)
    },
    copy: async (from, to) => {
      await between.shift()?.()
      return memory.copy(from, to)
    },
  }
  server = await startTestPlatform({ blobs })
  await call('POST', '/bucket', { json: { name: 'files', public: true } })
})
afterAll(() => server.close())

interface Call {
  readonly json?: unknown
  readonly body?: string | Uint8Array
  readonly headers?: Record<string, string>
}

function call(method: string, path: string, { json, body, headers }: Call = {}): Promise<Response> {
  const content = json === undefined ? body : JSON.stringify(json)
  return fetch(`${server.url}/storage/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
      'content-type': json === undefined ? 'text/plain' : 'application/json',
      ...headers,
    },
    ...(content === undefined ? {} : { body: content as string }),
  })
}

async function kept(): Promise<number> {
  let count = 0
  for await (const _ of blobs.list()) count++
  return count
}
const rows = (name: string): Promise<number> =>
  server.count(`select count(*)::int8 as n from storage.objects where name = '${name}'`)

test('a trigger that refuses leaves neither row nor bytes', async () => {
  await server.script(`
    create function public.no_dogs() returns trigger language plpgsql as $$
    begin
      if new.name like '%dog%' then raise exception 'no dogs'; end if;
      return new;
    end $$;
    create trigger no_dogs before insert on storage.objects for each row execute function public.no_dogs();
  `)
  const before = await kept()
  const response = await call('POST', '/object/files/dog.txt', { body: 'x' })
  expect([response.status, await response.json()]).toMatchObject([400, { message: 'no dogs' }])
  expect([await kept(), await rows('dog.txt')]).toEqual([before, 0])
})

test('a foreign key to an object stops its removal, and keeps its bytes', async () => {
  await call('POST', '/object/files/held.txt', { body: 'held' })
  await server.script(`
    create table public.holders (object_id uuid references storage.objects (id));
    insert into public.holders select id from storage.objects where name = 'held.txt';
  `)
  const response = await call('DELETE', '/object/files/held.txt')
  expect(await response.json()).toMatchObject({ code: 'ResourceReferenced', statusCode: '409' })
  expect(await (await call('GET', '/object/files/held.txt')).text()).toBe('held')
})

test('too large is refused before a byte is read, and the connection goes on', async () => {
  await call('POST', '/bucket', { json: { name: 'small', file_size_limit: 5 } })
  const before = await kept()
  const known = await call('POST', '/object/small/a', { body: '123456' })
  expect(await known.json()).toMatchObject({ statusCode: '413', code: 'EntityTooLarge' })
  const form = new FormData()
  form.append('', new Blob(['123456'], { type: 'text/plain' }), 'a')
  const unknown = await fetch(`${server.url}/storage/v1/object/small/a`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.platform.keys.serviceRoleKey}` },
    body: form,
  })
  expect(await unknown.json()).toMatchObject({ statusCode: '413' })
  expect([await kept(), await rows('a')]).toEqual([before, 0])
})

test('a client that goes away in the middle leaves nothing', async () => {
  const before = await kept()
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(
    `POST /storage/v1/object/files/half.txt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.platform.keys.serviceRoleKey}\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(500_000)}`,
    () => socket.destroy(),
  )
  await once(socket, 'close')
  await expect
    .poll(() =>
      server.logged.some(
        ({ path, status }) => path === '/storage/v1/object/files/half.txt' && status === 499,
      ),
    )
    .toBe(true)
  expect([await kept(), await rows('half.txt')]).toEqual([before, 0])
})

test('of two uploads to one key at the same instant one is the object, and the other leaves no bytes', async () => {
  const before = await kept()
  const bodies = ['first', 'second', 'third', 'fourth']
  const plain = await Promise.all(
    bodies.map((body) => call('POST', '/object/files/race.txt', { body })),
  )
  expect(plain.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400])
  const over = await Promise.all(
    bodies.map((body) => call('PUT', '/object/files/race.txt', { body })),
  )
  expect(over.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(bodies).toContain(await (await call('GET', '/object/files/race.txt')).text())
  expect([await kept(), await rows('race.txt')]).toEqual([before + 1, 1])
})

test('a reader of what is replaced meanwhile reads one of them whole', async () => {
  const sizes = [300_000, 200_000]
  const put = (size: number) => call('PUT', '/object/files/turn.bin', { body: 'x'.repeat(size) })
  await put(300_000)
  for (let turn = 0; turn < 20; turn++) {
    const [response] = await Promise.all([
      call('GET', '/object/public/files/turn.bin'),
      put(sizes[turn % 2] as number),
    ])
    expect(response.status).toBe(200)
    expect(sizes).toContain((await response.text()).length)
  }
})

test('what is replaced between row and bytes is read, and copied, as what it has become', async () => {
  const put = (body: string) => () => call('PUT', '/object/files/swift.txt', { body })
  await put('first')()
  between.push(put('second one'), put('third'))
  const read = await call('GET', '/object/public/files/swift.txt')
  expect([await read.text(), read.headers.get('content-length')]).toEqual(['third', '5'])
  between.push(put('fourth'))
  const json = { bucketId: 'files', sourceKey: 'swift.txt', destinationKey: 'copied.txt' }
  expect(await (await call('POST', '/object/copy', { json })).json()).toMatchObject({
    metadata: { size: 6 },
  })
  expect(await (await call('GET', '/object/files/copied.txt')).text()).toBe('fourth')
  between.push(() => call('DELETE', '/object/files/swift.txt'))
  expect(await (await call('GET', '/object/files/swift.txt')).json()).toMatchObject({
    message: 'Object not found',
  })
  expect(between).toEqual([])
})

test('a row without bytes is told as such, and not kept by caches', async () => {
  await server.script(
    `insert into storage.objects (bucket_id, name, version) values ('files', 'gone', 'v')`,
  )
  const response = await call('GET', '/object/files/gone')
  expect([response.status, response.headers.get('cache-control')]).toEqual([400, 'no-store'])
  expect(await response.json()).toMatchObject({ message: 'The resource was not found' })
})

test('what users uploaded acts as no page of the project’s', async () => {
  const upload = (name: string, type: string) =>
    call('POST', `/object/files/${name}`, { body: '<script>', headers: { 'content-type': type } })
  await upload('page.html', 'text/html')
  await upload('image.svg', 'image/svg+xml')
  const page = await call('GET', '/object/public/files/page.html')
  expect(page.headers.get('content-type')).toBe('text/plain')
  const svg = await call('GET', '/object/public/files/image.svg')
  expect(svg.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  expect(svg.headers.get('x-content-type-options')).toBe('nosniff')
})

test('keys that lead somewhere else are none', async () => {
  for (const key of ['..%2f..%2fetc%2fpasswd', 'a%00b', '%ff', 'a/', ''])
    expect((await call('POST', `/object/files/${key}`, { body: 'x' })).status).toBe(400)
})
