/**
 * Blobs as files of one folder. A file's name is a digest of its key: no key can lead out of the folder, names may be of any
 * length and letters, and file systems that know no case lose nothing. `<root>/blobs/3f/3f9a…`, being written: `<root>/incoming`.
 */
import { createHash } from 'node:crypto'
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { uuid, systemRandom } from '#base/kernel'
import { blobErrors, pathOf, smallBytes } from './blob-store.ts'
import type { Blob, BlobKey, BlobStore, ByteRange, Stored, StoredName } from './blob-store.ts'
import { chunkBody } from './chunk-body.ts'
import { codeOf, entriesOf, isFull, listFiles, withFolder, writeAll } from './disk-files.ts'
import { fileBody } from './file-body.ts'
import { diskUploads } from './disk-uploads.ts'

/** The name of its file. */
export function digestOf(key: BlobKey): string {
  return createHash('sha256').update(pathOf(key)).digest('hex')
}

/** The folder is made on first use. */
export function createDiskStore(root: string): BlobStore {
  const incoming = join(root, 'incoming')
  const placeOf = (digest: string): string => join(root, 'blobs', digest.slice(0, 2), digest)
  const place = (key: BlobKey): string => placeOf(digestOf(key))
  return {
    put: async (key, body) => {
      const temporary = join(incoming, uuid(systemRandom))
      return withRoom(async () => {
        const stored = await writeFile(temporary, body)
        await moveInto(temporary, place(key))
        return stored
      }, temporary)
    },
    get: (key, range) => openBlob(place(key), range),
    copy: async (from, to) => {
      try {
        await linkOrCopy(place(from), place(to))
        return true
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false
        throw isFull(error) ? blobErrors.full(undefined, error) : error
      }
    },
    delete: async (keys) => {
      for (const key of keys) await removeBlob(root, placeOf(digestOf(key)))
    },
    nameOf: digestOf,
    deleteNamed: async (names) => {
      for (const name of names) await removeBlob(root, placeOf(name))
    },
    uploads: diskUploads(join(root, 'uploads'), incoming, (file, key) =>
      moveInto(file, place(key)),
    ),
    list: () => listBlobs(join(root, 'blobs')),
    close: () => Promise.resolve(),
  }
}

/** While there is the folder `held` (a backup that copies what is there), its bytes stay in it under the same name. */
async function removeBlob(root: string, file: string): Promise<void> {
  try {
    await link(file, join(root, 'held', basename(file)))
  } catch (error) {
    // there is no such folder, no such blob, or it is held already
    if (linkless.has(codeOf(error))) await holdCopy(file, join(root, 'held', basename(file)))
    else if (!['ENOENT', 'EEXIST'].includes(codeOf(error))) throw error
  }
  await rm(file, { force: true })
}

async function holdCopy(file: string, held: string): Promise<void> {
  try {
    await copyFile(file, held)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Runs `work`; what it had begun to write is removed when it fails. */
async function withRoom<T>(work: () => Promise<T>, temporary: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await rm(temporary, { force: true })
    throw isFull(error) ? blobErrors.full(undefined, error) : error
  }
}

/** Writes and syncs; the MD5 is what S3 clients expect as an ETag. */
async function writeFile(file: string, body: AsyncIterable<Uint8Array>): Promise<Stored> {
  const handle = await withFolder(file, () => open(file, 'wx', 0o600))
  try {
    const hash = createHash('md5')
    let size = 0
    for await (const chunk of body) {
      hash.update(chunk)
      size += chunk.length
      await writeAll(handle, chunk)
    }
    await handle.datasync()
    return { size, etag: `"${hash.digest('hex')}"` }
  } finally {
    await handle.close()
  }
}

/** File systems without links, and a file that has as many as it may (65,000 on ext4). */
const linkless = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Bytes never change: both names may have the same. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await withFolder(to, () => link(from, to))
  } catch (error) {
    if (!linkless.has(codeOf(error))) throw error
    await copyFile(from, to)
    await syncPath(to)
  }
  await syncPath(dirname(to))
}

/** There, whole, after a crash too: the folder's entry is synced as well. */
async function moveInto(from: string, to: string): Promise<void> {
  await withFolder(to, () => rename(from, to))
  await syncPath(dirname(to))
}

async function syncPath(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function openBlob(file: string, range: ByteRange | null): Promise<Blob | null> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    const whole = range === null ? await readWhole(handle) : null
    if (whole !== null) return whole
    const { size } = await handle.stat()
    const { start, end } = range ?? { start: 0, end: size - 1 }
    if (end - start < smallBytes) return { size, ...(await readPart(handle, start, end)) }
    return { size, body: fileBody(handle, start, end) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Buffers to read into: how long a small file is shows in the reading, and each look at a file is a way to another thread. */
const spare: Buffer[] = []
const maxSpare = 16

/** A small one; null for others. Nothing stays open, whether or not it is read. */
async function readWhole(handle: FileHandle): Promise<Blob | null> {
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(smallBytes + 1)
  try {
    const { bytesRead: size } = await handle.read(buffer, 0, buffer.length, 0)
    if (size > smallBytes) return null
    void handle.close().catch(() => {})
    const bytes = Buffer.allocUnsafeSlow(size)
    buffer.copy(bytes, 0, 0, size)
    return { size, bytes, body: chunkBody(bytes) }
  } finally {
    if (spare.length < maxSpare) spare.push(buffer)
  }
}

async function readPart(
  handle: FileHandle,
  start: number,
  end: number,
): Promise<Pick<Blob, 'bytes' | 'body'>> {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start + 1))
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
  await handle.close()
  const bytes = buffer.subarray(0, bytesRead)
  return { bytes, body: chunkBody(bytes) }
}

async function* listBlobs(folder: string): AsyncIterable<StoredName> {
  for await (const shard of entriesOf(folder)) yield* listFiles(join(folder, shard))
}
