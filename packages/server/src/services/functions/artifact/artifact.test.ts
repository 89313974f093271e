/** What is packed comes back as it was; what should not be in an archive is not taken, in or out. */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { systemRandom } from '#base/kernel'
import { ArtifactStore } from './artifact-store.ts'
import { artifactErrors } from './errors.ts'
import { blobKeyOf } from './blob-keys.ts'
import { checkFolder } from './check-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'basalt-artifact-'))
afterAll(() => rmSync(root, { recursive: true }))
const sizes = { packedBytes: 100_000, unpackedBytes: 200_000, cacheBytes: 1_000_000 }

let blobs = createMemoryStore()
let source = ''
beforeEach(() => {
  blobs = createMemoryStore()
  source = mkdtempSync(join(root, 'source-'))
})

const open = (folder = mkdtempSync(join(root, 'store-')), limits = sizes) =>
  new ArtifactStore({ blobs, folder: () => folder, limits: () => limits, random: systemRandom })
function write(path: string, content: string): void {
  mkdirSync(dirname(join(source, path)), { recursive: true })
  writeFileSync(join(source, path), content)
}

test('files, folders, modes and links come back, the same bytes for the same content', async () => {
  const long = `node_modules/${'d'.repeat(90)}/${'é'.repeat(80)}.js`
  write('source/hello/index.ts', 'hello')
  write(long, 'long')
  chmodSync(join(source, long), 0o755)
  mkdirSync(join(source, 'empty'))
  symlinkSync('../source/hello', join(source, 'node_modules/link'))
  const store = open()
  const first = await store.put(source, 'default/hello')
  const second = await store.put(source, 'default/hello')
  expect(second.sha256).toBe(first.sha256)
  expect(second.artifact).not.toBe(first.artifact)
  const folder = (await store.open(first)) ?? ''
  expect(readFileSync(join(folder, 'node_modules/link/index.ts'), 'utf8')).toBe('hello')
  expect(readlinkSync(join(folder, 'node_modules/link'))).toBe('../source/hello')
  expect(readFileSync(join(folder, long), 'utf8')).toBe('long')
  expect(readdirSync(folder).toSorted()).toEqual(['empty', 'node_modules', 'source'])
  expect(store.use(first.sha256)).toBe(true)
  await store.remove([first.artifact, second.artifact])
  expect(await open().open(first)).toBeNull()
})

test('opened many times at once it is unpacked once; a later process finds it', async () => {
  write('source/index.ts', 'x')
  const folder = mkdtempSync(join(root, 'store-'))
  const store = open(folder)
  const artifact = await store.put(source, 'default/x')
  let reads = 0
  const get = blobs.get.bind(blobs)
  blobs.get = (key, range) => (reads++, get(key, range))
  const places = await Promise.all(Array.from({ length: 20 }, () => store.open(artifact)))
  expect([new Set(places).size, reads]).toEqual([1, 1])
  expect(await open(folder).open(artifact)).toBe(places[0])
  expect([reads, readdirSync(join(folder, 'work'))]).toEqual([1, []])
})

test.each([
  ['an absolute link', '/etc/passwd'],
  ['a link that leads out', '../../x'],
  ['a link to the folder above', '../..'],
])('%s is not packed', async (_, target) => {
  write('a/index.ts', '')
  symlinkSync(target, join(source, 'a/link'))
  const { code } = artifactErrors.function_file_unfit({ path: 'a/link' })
  await expect(open().put(source, 'default/x')).rejects.toMatchObject({
    code,
    message: expect.stringContaining('a/link'),
  })
})

test('too much is not packed', async () => {
  write('a', 'x'.repeat(200_001))
  await expect(open().put(source, 'default/x')).rejects.toMatchObject({
    code: 'function_too_large',
  })
  write('a', '')
  writeFileSync(join(source, 'b'), randomBytes(150_000))
  await expect(open().put(source, 'default/x')).rejects.toMatchObject({
    code: 'artifact_too_large',
  })
  const files = checkFolder(source, 1_000_000, 1)
  await expect(files).rejects.toMatchObject({ code: 'function_too_many_files' })
})

async function keep(bytes: Buffer) {
  const artifact = 'default/evil/1'
  async function* body() {
    yield bytes
  }
  await blobs.put(blobKeyOf(artifact), body(), { contentType: '', cacheControl: '' })
  return { artifact, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}
const entry = (name: string, more: object = {}) => ({
  header: { name, size: 1, type: 'file' as const, ...more },
  body: 'x',
})
const link = (name: string, linkname: string, type: 'symlink' | 'link') => ({
  header: { name, linkname, type, size: 0 },
})
const device = { header: { name: 'd', type: 'character-device' as const, size: 0 } }

test.each([
  ['a path that leads out', [entry('../x')]],
  ['a path that leads out later', [entry('a/../../x')]],
  ['an absolute path', [entry('/tmp/basalt-evil')]],
  ['a link that leads out', [link('l', '../../..', 'symlink')]],
  ['an absolute link', [link('l', '/etc', 'symlink')]],
  ['a file through a link', [link('l', '../..', 'symlink'), entry('l/x')]],
  ['a hard link out', [link('l', '../../../etc/passwd', 'link')]],
  ['a device', [device]],
  ['a deep path', [entry(`${'a/'.repeat(150)}x`)]],
])('%s is not unpacked', async (_, entries) => {
  const store = open()
  const evil = await keep(gzipSync(await packTar(entries)))
  await expect(store.open(evil)).rejects.toThrow(/leads out|outside|is a character-device|depth/i)
  expect(store.use(evil.sha256)).toBe(false)
})

test('other bytes than those deployed, and a bomb, are not unpacked', async () => {
  const good = await keep(gzipSync(await packTar([entry('x')])))
  await expect(open().open({ ...good, sha256: '0'.repeat(64) })).rejects.toThrow('not the one')
  await expect(open().open({ ...good, size: good.size - 1 })).rejects.toThrow('not the one')
  const bomb = await keep(gzipSync(Buffer.alloc(300_000_000)))
  await expect(open().open(bomb)).rejects.toThrow(/too large|tar|header|archive/i)
})

test('of what is unpacked the oldest unused goes, what was used lately stays', async () => {
  const limits = { ...sizes, cacheBytes: 1_500 }
  const folder = mkdtempSync(join(root, 'store-'))
  const unpack = async (store: ArtifactStore, content: string) => {
    write('source/index.ts', content.repeat(900))
    const artifact = await store.put(source, 'default/x')
    return { artifact, place: (await store.open(artifact)) ?? '' }
  }
  const before = open(folder, limits)
  const [a, b] = [await unpack(before, 'a'), await unpack(before, 'b')]
  const longAgo = new Date(Date.now() - 3_600_000)
  for (const { place } of [a, b]) utimesSync(place, longAgo, longAgo)
  const after = open(folder, limits)
  expect(await after.open(b.artifact)).toBe(b.place)
  const c = await unpack(after, 'c')
  expect([a, b, c].map(({ artifact }) => after.use(artifact.sha256))).toEqual([false, true, true])
  expect(readdirSync(join(folder, 'cache'))).toHaveLength(2)
  expect(await after.open(a.artifact)).toBe(a.place)
})
