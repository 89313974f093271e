/** The way to S3 is cut in the middle: a clear error, no half object, nothing left after the sweep. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createS3Store } from '#base/blob'
import { startStorage } from './storage-server.fixture.ts'
import type { StorageServer } from './storage-server.fixture.ts'

/** Bytes that still get through in each direction; then all connections are cut, and new ones too. */
let left = { up: Infinity, down: Infinity }
let keeper: TestPlatform
let proxy: Server
let storage: StorageServer
beforeAll(async () => {
  keeper = await startTestPlatform({
    config: {
      'storage.s3_protocol.access_key_id': 'key',
      'storage.s3_protocol.secret_access_key': 'secret',
    },
  })
  await keeper.script(`insert into storage.buckets (id, name) values ('blobs', 'blobs')`)
  proxy = createServer((near) => tunnel(near)).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const blobs = createS3Store({
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/storage/v1/s3`,
    region: 'local',
    bucket: 'blobs',
    prefix: '',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    forcePathStyle: true,
    maxBytes: 52_428_800,
  })
  storage = await startStorage(blobs)
})
afterAll(async () => {
  await storage.close()
  proxy.close()
  await keeper.close()
})
beforeEach(() => void (left = { up: Infinity, down: Infinity }))

const tunnels = new Set<Socket>()

function cut(): void {
  left = { up: 0, down: 0 }
  for (const socket of tunnels) socket.destroy()
}

function tunnel(near: Socket): void {
  const far = connect(Number(new URL(keeper.url).port), '127.0.0.1')
  for (const socket of [near, far]) {
    tunnels.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      tunnels.delete(socket)
      near.destroy()
      far.destroy()
    })
  }
  const pass = (from: Socket, to: Socket, way: 'up' | 'down'): void => {
    from.on('data', (chunk) => {
      left[way] -= chunk.length
      if (left[way] < 0) cut()
      else to.write(chunk)
    })
  }
  pass(near, far, 'up')
  pass(far, near, 'down')
}

test('an upload whose way is cut in the middle is refused, and can be sent again', async () => {
  const { call } = storage
  await call('POST', '/object/files/a', 'before')
  const bytes = Buffer.alloc(20_000_000, 'x')
  left.up = 12_000_000
  const response = await call('PUT', '/object/files/a', bytes)
  expect([response.status, await response.json()]).toMatchObject([
    503,
    { message: expect.stringContaining('cannot be reached') },
  ])
  left = { up: Infinity, down: Infinity }
  expect(await (await call('GET', '/object/files/a')).text()).toBe('before')
  expect(await storage.afterSweep()).toEqual([1, 0, 1])
  expect((await call('PUT', '/object/files/a', bytes)).status).toBe(200)
  expect((await (await call('GET', '/object/files/a')).arrayBuffer()).byteLength).toBe(20_000_000)
  expect(await storage.afterSweep()).toEqual([1, 0, 1])
  const kept = 'select count(*)::int8 as n from storage.s3_multipart_uploads'
  expect(await keeper.count(kept)).toBe(0)
})

test('a resumable upload goes on behind what came through', async () => {
  const { call } = storage
  const tus = { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream' }
  const metadata = `bucketName ${btoa('files')},objectName ${btoa('b')}`
  const begun = await call('POST', '/upload/resumable', undefined, {
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '18000000',
      'upload-metadata': metadata,
    },
  })
  const at = new URL(begun.headers.get('location') ?? '').pathname.replace('/storage/v1', '')
  const send = (offset: number) =>
    call('PATCH', at, Buffer.alloc(18_000_000 - offset, 'x'), {
      headers: { ...tus, 'upload-offset': String(offset) },
    })
  left.up = 12_000_000
  expect((await send(0)).status).toBe(503)
  left = { up: Infinity, down: Infinity }
  const looked = await call('HEAD', at, undefined, { headers: tus })
  const offset = Number(looked.headers.get('upload-offset'))
  expect(offset).toBeGreaterThan(0)
  expect((await send(offset)).status).toBe(204)
  expect((await (await call('GET', '/object/files/b')).arrayBuffer()).byteLength).toBe(18_000_000)
})

test('a download that is cut breaks off, and never looks whole', async () => {
  const { call } = storage
  await call('PUT', '/object/files/c', Buffer.alloc(10_000_000, 'x'))
  left.down = 3_000_000
  const response = await call('GET', '/object/files/c')
  expect(response.status).toBe(200)
  await expect(response.arrayBuffer()).rejects.toThrow('terminated')
  const refused = await call('GET', '/object/files/c')
  expect([refused.status, await refused.json()]).toMatchObject([503, { statusCode: '503' }])
})
