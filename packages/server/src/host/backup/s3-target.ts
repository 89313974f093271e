/** Backups in a bucket of an S3 server. */
import { createS3Store } from '#base/blob'
import type { BlobKey, BlobStore, S3Options } from '#base/blob'
import { BackupError } from './errors.ts'
import type { BackupTarget, StoredFile } from './target.ts'

const facts = { contentType: 'application/octet-stream', cacheControl: 'no-store' }
const maxBytes = 64 * 1024 * 1024

/** `prefix` of the options is where backups begin. */
export function s3Target(options: Omit<S3Options, 'maxBytes'>): BackupTarget {
  const whole = { ...options, maxBytes }
  const store = createS3Store(whole)
  const place = `s3://${options.bucket}/${options.prefix}`
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new BackupError('target', `${place}: ${why}`, error)
    }
  }
  return {
    place,
    put: (name, bytes) =>
      within(async () => void (await store.put(keyOf(name), once(bytes), facts))),
    get: (name) => within(() => read(store, keyOf(name))),
    list: (folder) => within(() => listFolder(whole, folder)),
    delete: (names) => within(() => store.delete(names.map(keyOf))),
    close: () => store.close(),
  }
}

function keyOf(name: string): BlobKey {
  const slash = name.indexOf('/')
  return { bucketId: name.slice(0, slash), name: name.slice(slash + 1), version: '' }
}

async function* once(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes
}

async function read(store: BlobStore, key: BlobKey): Promise<Buffer | null> {
  const blob = await store.get(key, null)
  if (blob === null) return null
  const parts: Uint8Array[] = []
  for await (const part of blob.body) parts.push(part)
  const bytes = Buffer.concat(parts)
  if (bytes.length === blob.size) return bytes
  throw new Error(`${key.name}: ${bytes.length} of ${blob.size} bytes came`)
}

/** Listed from where the folder begins. */
async function listFolder(options: S3Options, folder: string): Promise<StoredFile[]> {
  const below = createS3Store({ ...options, prefix: joined(options.prefix, folder) })
  try {
    const found: StoredFile[] = []
    for await (const { name, size, modifiedMs } of below.list())
      found.push({ name: `${folder}${name}`, size, modifiedMs })
    return found.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  } finally {
    await below.close()
  }
}

function joined(prefix: string, folder: string): string {
  return [prefix, folder]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean)
    .join('/')
}
