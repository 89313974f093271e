/** A form that is refused before its file is read: the connection it came over goes on. */
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

/** One connection for all. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let server: TestPlatform

beforeAll(async () => {
  server = await startTestPlatform()
  await server.script(`
    insert into storage.buckets (id, name, file_size_limit, allowed_mime_types)
    values ('small', 'small', 1000000, null), ('texts', 'texts', null, '{text/plain}'), ('any', 'any', null, null);
    create policy add on storage.objects for insert to anon with check (bucket_id <> 'any')`)
})
afterAll(async () => {
  agent.destroy()
  await server.close()
})

function send(method: string, path: string, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const { anonKey } = server.platform.keys
    const headers = {
      apikey: anonKey,
      authorization: `Bearer ${anonKey}`,
      'content-type': 'multipart/form-data; boundary=b',
    }
    const exchange = request(`${server.url}${path}`, { method, agent, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve(`${response.statusCode} ${text}`))
    })
    exchange.on('error', reject)
    exchange.end(body)
  })
}

const file = (bytes: number): string =>
  `--b\r\ncontent-disposition: form-data; name=""; filename="f.png"\r\ncontent-type: image/png\r\n\r\n${'x'.repeat(bytes)}\r\n--b--\r\n`

test.each([
  ['small', 'EntityTooLarge'],
  ['texts', 'InvalidMimeType'],
  ['any', 'AccessDenied'],
])('in the bucket %s: %s, and the next request is answered', async (bucket, code) => {
  const path = `/storage/v1/object/${bucket}/f.png`
  const refused = await send('POST', path, file(4_000_000))
  expect(refused).toContain(`"${code}"`)
  expect(await send('GET', '/storage/v1/status')).toMatch(/^200/)
})

test('an upload that is taken, with a field behind its file', async () => {
  const body = file(500_000).replace(
    /--b--\r\n$/,
    `--b\r\ncontent-disposition: form-data; name="cacheControl"\r\n\r\n3600\r\n--b--\r\n`,
  )
  const taken = await send('POST', '/storage/v1/object/small/g.png', body)
  expect(taken).toContain('"Key":"small/g.png"')
  expect(await send('GET', '/storage/v1/status')).toMatch(/^200/)
})
