/** Rows that change between what policies said of an upload and its end. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createMemoryStore } from '#base/blob'
import type { BlobStore } from '#base/blob'
import { signToken } from '#base/token'

const blobs = createMemoryStore()
let server: TestPlatform
let token: string
beforeAll(async () => {
  server = await startTestPlatform({ blobs })
  const exp = Math.floor(Date.now() / 1000) + 3600
  const sub = '11111111-1111-1111-1111-111111111111'
  token = signToken({ sub, role: 'authenticated', exp }, server.platform.keys.jwtSecret)
  await server.script(`
    insert into storage.buckets (id, name) values ('files', 'files');
    create policy add on storage.objects for insert to authenticated with check (true);
    create policy see on storage.objects for select to authenticated using (true);
    create policy change on storage.objects for update to authenticated
      using (user_metadata->>'locked' is null) with check (true);
  `)
})
afterAll(() => server.close())

function put(key: string, body: string, metadata: object = {}): Promise<Response> {
  return fetch(`${server.url}/storage/v1/object/files/${key}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'text/plain',
      'x-metadata': Buffer.from(JSON.stringify(metadata)).toString('base64'),
    },
    body,
  })
}

async function read(key: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const url = `${server.url}/storage/v1/object/authenticated/files/${key}`
  return (await fetch(url, { headers })).text()
}

test('an object that was closed while new bytes for it came stays as it is', async () => {
  await put('plan', 'first')
  const keep = blobs.put.bind(blobs)
  Object.assign(blobs, {
    put: async (...args: Parameters<BlobStore['put']>) => {
      Object.assign(blobs, { put: keep })
      // of the same owner: neither the row's id nor its owner is another
      expect((await put('plan', 'closed', { locked: true })).status).toBe(200)
      return keep(...args)
    },
  })
  expect((await put('plan', 'late')).status).toBe(400)
  expect(await read('plan')).toBe('closed')
})

test('many who write one key at the same instant all get through, and one of them stays', async () => {
  const bodies = Array.from({ length: 24 }, (_, i) => `body ${i}`)
  const answers = await Promise.all(bodies.map((body) => put('busy', body)))
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
  expect(bodies).toContain(await read('busy'))
  let count = 0
  for await (const { name } of blobs.list()) if (name.includes('/busy/')) count++
  expect(count).toBe(1)
})

test('who goes on with an upload takes it over: the writer before is told that it is locked', async () => {
  const encode = (text: string): string => Buffer.from(text).toString('base64')
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' }
  const begun = await fetch(`${server.url}/storage/v1/upload/resumable`, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': '3',
      'upload-metadata': `bucketName ${encode('files')},objectName ${encode('taken')},contentType ${encode('text/plain')}`,
    },
  })
  const location = String(begun.headers.get('location'))
  const patch = (offset: number, body: string | ReadableStream<Uint8Array>): Promise<Response> =>
    fetch(location, {
      method: 'PATCH',
      headers: {
        ...headers,
        'upload-offset': String(offset),
        'content-type': 'application/offset+octet-stream',
      },
      body,
      duplex: 'half',
    } as RequestInit)
  const one = new ReadableStream({ start: (to) => to.enqueue(Buffer.from('a')) })
  const first = patch(0, one)
  const offset = async (): Promise<string | null> =>
    (await fetch(location, { method: 'HEAD', headers })).headers.get('upload-offset')
  await expect.poll(offset).toBe('1')
  expect((await patch(1, 'll')).status).toBe(204)
  expect((await first).status).toBe(423)
  expect(await read('taken')).toBe('all')
})
