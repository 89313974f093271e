/** Uploads in pieces on disk: one file each, as long as what has safely arrived. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { blobErrors } from './blob-store.ts'
import type { Appended, BlobKey, Stored, UploadStore } from './blob-store.ts'
import { isFull, listFiles, withFolder } from './disk-files.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** `become` moves a file to where the blob of a key is; `incoming` has what `put` is writing, by UUIDs too. */
export function diskUploads(
  folder: string,
  incoming: string,
  become: (file: string, key: BlobKey) => Promise<void>,
): UploadStore {
  const fileOf = (id: string): string => {
    if (!uuid.test(id)) throw new TypeError(`${id} is no id of an upload`)
    return join(folder, id)
  }
  return {
    begin: async (id) => {
      const file = fileOf(id)
      await (await withFolder(file, () => open(file, 'wx', 0o600))).close()
    },
    size: async (id) => {
      try {
        return (await stat(fileOf(id))).size
      } catch {
        return null
      }
    },
    append: (id, offset, body) => append(fileOf(id), offset, body),
    finish: async (id, key) => {
      const file = fileOf(id)
      const stored = await describe(file)
      await become(file, key)
      return stored
    },
    discard: async (id) => {
      await rm(fileOf(id), { force: true })
      await rm(join(incoming, id), { force: true })
    },
    list: async function* () {
      yield* listFiles(folder)
      yield* listFiles(incoming)
    },
  }
}

async function append(
  file: string,
  offset: number,
  body: AsyncIterable<Uint8Array>,
): Promise<Appended> {
  const handle = await open(file, 'r+')
  let failure: unknown = null
  let size = offset
  try {
    // what came behind the size that was told is told again
    await handle.truncate(offset)
    try {
      for await (const chunk of body) {
        size += await writeAt(handle, chunk, size)
      }
    } catch (error) {
      failure = isFull(error) ? blobErrors.full(undefined, error) : error
    }
    try {
      await handle.datasync()
    } catch (error) {
      throw isFull(error) ? blobErrors.full(undefined, error) : error
    }
  } finally {
    await handle.close()
  }
  return { size, failure }
}

async function writeAt(
  handle: Awaited<ReturnType<typeof open>>,
  chunk: Uint8Array,
  position: number,
): Promise<number> {
  let at = 0
  while (at < chunk.length)
    at += (await handle.write(chunk, at, chunk.length - at, position + at)).bytesWritten
  return at
}

/** Its parts came one after the other, over restarts: the digest is made in the end. */
async function describe(file: string): Promise<Stored> {
  const hash = createHash('md5')
  let size = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) {
    hash.update(chunk as Uint8Array)
    size += (chunk as Uint8Array).length
  }
  return { size, etag: `"${hash.digest('hex')}"` }
}
