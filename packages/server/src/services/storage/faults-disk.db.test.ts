/** Faults of a disk and of those who read from it: full, left alone, read slowly, killed. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { createDiskStore } from '#base/blob'
import { countOf, startStorage } from './storage-server.fixture.ts'
import type { StorageServer } from './storage-server.fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'basalt-faults-'))
const mounted: string[] = []
afterAll(() => {
  for (const folder of mounted) execFileSync('umount', [folder])
  rmSync(root, { recursive: true })
})

/** Of so many MB; false where this user may not mount. */
function mountSmall(folder: string, megabytes: number): boolean {
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
      stdio: 'ignore',
    })
    mounted.push(folder)
    return true
  } catch {
    return false
  }
}

/** Files below a folder that this process has open. */
function openFiles(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  }).length
}

function rawUpload({ server }: StorageServer, key: string, size: number): string {
  return `PUT /storage/v1/object/files/${key} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.platform.keys.serviceRoleKey}\r\ncontent-type: text/plain\r\ncontent-length: ${size}\r\n\r\n`
}

test('a disk that gets full in mid-upload is said, and leaves what was there', async (context) => {
  const folder = join(root, 'small')
  if (!mountSmall(folder, 4)) context.skip('this user may not mount a small tmpfs')
  const blobs = createDiskStore(folder)
  const storage = await startStorage(blobs)
  const { call } = storage
  await call('POST', '/object/files/a', 'before')
  const large = Buffer.alloc(8_000_000)
  for (const method of ['POST', 'PUT']) {
    const response = await call(method, `/object/files/${method === 'PUT' ? 'a' : 'b'}`, large)
    expect([response.status, await response.json()]).toMatchObject([
      507,
      { message: 'There is no space left where objects are kept' },
    ])
  }
  expect(await (await call('GET', '/object/files/a')).text()).toBe('before')
  expect((await call('GET', '/object/files/b')).status).toBe(400)
  expect(readdirSync(join(folder, 'incoming'))).toEqual([])
  // there is room again at once, also behind a resumable upload that had none
  const begun = await call('POST', '/upload/resumable', large, {
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': String(large.length),
      'upload-metadata': `bucketName ${btoa('files')},objectName ${btoa('c')}`,
      'content-type': 'application/offset+octet-stream',
    },
  })
  expect(begun.status).toBe(507)
  expect(await countOf(blobs.uploads.list())).toBe(1)
  expect(await storage.afterSweep()).toEqual([1, 1, 1])
  await storage.server.script('delete from storage.s3_multipart_uploads')
  expect(await storage.afterSweep()).toEqual([1, 0, 1])
  expect((await call('POST', '/object/files/d', Buffer.alloc(2_000_000))).status).toBe(200)
  await storage.close()
})

test.runIf(process.platform === 'linux')(
  'a client that goes frees all it held within a second',
  { retry: 2 },
  async () => {
    const folder = join(root, 'left')
    const storage = await startStorage(createDiskStore(folder))
    await storage.call('POST', '/object/files/large', Buffer.alloc(20_000_000))
    const port = Number(new URL(storage.server.url).port)
    const up = connect(port, '127.0.0.1')
    up.write(rawUpload(storage, 'half', 1_000_000))
    up.write('x'.repeat(500_000))
    const down = connect(port, '127.0.0.1')
    down.write('GET /storage/v1/object/public/files/large HTTP/1.1\r\nhost: x\r\n\r\n')
    down.pause()
    await once(down, 'readable')
    await expect.poll(() => openFiles(folder)).toBe(2)
    const started = performance.now()
    up.destroy()
    down.destroy()
    await expect.poll(() => openFiles(folder), { interval: 20 }).toBe(0)
    await expect.poll(() => readdirSync(join(folder, 'incoming')), { interval: 20 }).toEqual([])
    expect(performance.now() - started).toBeLessThan(1_000)
    expect((await storage.call('GET', '/object/files/half')).status).toBe(400)
    expect(await storage.afterSweep()).toEqual([1, 0, 1])
    await storage.close()
  },
)

test('those who read slowly hold up nobody, and get all of it', async () => {
  const storage = await startStorage(createDiskStore(join(root, 'slow')))
  const bytes = Buffer.alloc(10_000_000, 'abcdefghij')
  await storage.call('POST', '/object/files/large', bytes)
  const paths = Array.from({ length: 40 }, async () => {
    const socket = connect(Number(new URL(storage.server.url).port), '127.0.0.1')
    socket.write(
      'GET /storage/v1/object/public/files/large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    )
    socket.pause()
    await once(socket, 'readable')
    return socket
  })
  const slow = await Promise.all(paths)
  const fast = await storage.call('GET', '/object/files/large')
  expect(Buffer.from(await fast.arrayBuffer()).equals(bytes)).toBe(true)
  expect((await storage.call('POST', '/object/files/b', 'b')).status).toBe(200)
  for (const socket of slow.slice(1)) socket.destroy()
  const [first] = slow
  const parts: Buffer[] = []
  for await (const part of first ?? []) parts.push(part as Buffer)
  const answer = Buffer.concat(parts)
  expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(bytes)).toBe(true)
  await storage.close()
})

/** A node of its own on the same database and folder, killed without a word. */
async function startNode(databaseUrl: string, folder: string) {
  const script = join(import.meta.dirname, '../../../../../test/fixtures/storage-node.mjs')
  const child = spawn(process.execPath, [script, databaseUrl, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    port: Number(String(port)),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a process that is killed in mid-upload, or between bytes and row, loses nothing and leaves nothing', async () => {
  const folder = join(root, 'killed')
  const blobs = createDiskStore(folder)
  const storage = await startStorage(blobs)
  const { call, server } = storage
  await call('POST', '/object/files/a', 'before')
  const node = await startNode(server.databaseUrl, folder)
  const db = openDatabase({ connection: parseConnectionUrl(server.databaseUrl), maxConnections: 1 })
  // whoever holds it keeps the row from being written, when the bytes are there
  await db.begin(ownSession, async (transaction) => {
    await transaction.script(
      'test.lock',
      `select pg_advisory_xact_lock(hashtextextended('files/a', 0))`,
    )
    const written = connect(node.port, '127.0.0.1')
    written.write(`${rawUpload(storage, 'a', 5)}after`)
    const half = connect(node.port, '127.0.0.1')
    half.write(`${rawUpload(storage, 'b', 1_000)}half`)
    for (const socket of [written, half]) socket.on('error', () => {})
    await expect.poll(() => countOf(blobs.list())).toBe(2)
    await expect.poll(() => countOf(blobs.uploads.list())).toBe(1)
    await node.kill()
    expect(await (await call('GET', '/object/files/a')).text()).toBe('before')
  })
  await db.close()
  const waiting = `select count(*)::int8 as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(() => server.count(waiting)).toBe(0)
  // Postgres may have got to the row of the dead: then it names bytes that are there
  expect(['before', 'after']).toContain(await (await call('GET', '/object/files/a')).text())
  expect((await call('GET', '/object/files/b')).status).toBe(400)
  expect(await storage.afterSweep()).toEqual([1, 0, 1])
  expect(['before', 'after']).toContain(await (await call('GET', '/object/files/a')).text())
  await storage.close()
})
