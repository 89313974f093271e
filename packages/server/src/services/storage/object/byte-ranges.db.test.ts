/** Several ranges of one object in one answer, and what they hold. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createDiskStore } from '#base/blob'

const folder = mkdtempSync(join(tmpdir(), 'basalt-ranges-'))
const large = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i % 251))
let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ blobs: createDiskStore(folder) })
  await send('/bucket', 'application/json', '{"name":"files","public":true}')
  await send('/object/files/ten', 'text/plain', '0123456789')
  await send('/object/files/large', 'video/mp4', large)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

function send(path: string, type: string, body: string | Uint8Array): Promise<Response> {
  const authorization = `Bearer ${server.platform.keys.serviceRoleKey}`
  const headers = { authorization, 'content-type': type }
  return fetch(`${server.url}/storage/v1${path}`, { method: 'POST', headers, body: body as string })
}

function get(path: string, headers: Record<string, string>): Promise<Response> {
  const authorization = `Bearer ${server.platform.keys.serviceRoleKey}`
  return fetch(`${server.url}/storage/v1${path}`, { headers: { authorization, ...headers } })
}

async function signed(): Promise<string> {
  const response = await send('/object/sign/files/ten', 'application/json', '{"expiresIn":60}')
  return ((await response.json()) as { signedURL: string }).signedURL
}

/** The parts of a body of objects of this type, each its range and its bytes. */
async function partsOf(
  response: Response,
  type: string,
): Promise<[range: string, bytes: Buffer][]> {
  const [, boundary = ''] = /boundary=(.+)$/.exec(response.headers.get('content-type') ?? '') ?? []
  const body = Buffer.from(await response.arrayBuffer())
  expect(response.headers.get('content-length')).toBe(String(body.length))
  const text = body.toString('latin1')
  const pieces = text.split(`\r\n--${boundary}`)
  expect([pieces[0], pieces.at(-1)]).toEqual(['', '--\r\n'])
  return pieces.slice(1, -1).map((piece) => {
    const at = piece.indexOf('\r\n\r\n')
    const [, range = ''] = /content-range: bytes (\S+)/.exec(piece.slice(0, at)) ?? []
    expect(piece.slice(0, at)).toContain(`content-type: ${type}`)
    return [range, Buffer.from(piece.slice(at + 4), 'latin1')]
  })
}

test('two ranges of a public, an authenticated and a signed download', async () => {
  const paths = ['/object/public/files/ten', '/object/authenticated/files/ten', await signed()]
  for (const path of paths) {
    const response = await get(path, { range: 'bytes=0-1,5-6' })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBeNull()
    expect(await partsOf(response, 'text/plain')).toEqual([
      ['0-1/10', Buffer.from('01')],
      ['5-6/10', Buffer.from('56')],
    ])
  }
})

test('what becomes one range is answered as one, and none at all with 416', async () => {
  const one = await get('/object/files/ten', { range: 'bytes=0-3,2-5' })
  expect([one.status, one.headers.get('content-range')]).toEqual([206, 'bytes 0-5/10'])
  expect(await one.text()).toBe('012345')
  expect((await get('/object/files/ten', { range: 'bytes=20-,30-' })).status).toBe(416)
  const changed = await get('/object/files/ten', { range: 'bytes=0-1,5-6', 'if-range': '"other"' })
  expect([changed.status, await changed.text()]).toEqual([200, '0123456789'])
})

test('large ranges come whole, with the type of the object in each part', async () => {
  const response = await get('/object/files/large', { range: 'bytes=100000-299999,0-9,-70000' })
  const parts = await partsOf(response, 'video/mp4')
  expect(parts.map(([range]) => range)).toEqual([
    '100000-299999/400000',
    '0-9/400000',
    '330000-399999/400000',
  ])
  expect(parts[0]?.[1].equals(large.subarray(100_000, 300_000))).toBe(true)
  expect(parts[2]?.[1].equals(large.subarray(330_000))).toBe(true)
})

test.runIf(process.platform === 'linux')('a client that goes leaves no file open', async () => {
  const open = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
      } catch {
        return false
      }
    }).length
  const leaving = new AbortController()
  const response = await fetch(`${server.url}/storage/v1/object/public/files/large`, {
    headers: { range: 'bytes=0-99999,200000-399999' },
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  await expect.poll(open).toBe(0)
})
