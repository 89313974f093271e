/** Where a local project keeps the bytes of its objects. */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '#base/config'
import { checkS3, createDiskStore, createMemoryStore, createS3Store, keepSmall } from '#base/blob'
import type { BlobStore, S3Options } from '#base/blob'
import { StartError } from '#host/node/core'

/**
 * Nothing is made before the first upload.
 * @throws StartError
 */
export function openBlobs(workdir: string, config: Config): BlobStore {
  if (config['storage.backend'] === 'memory') return createMemoryStore()
  const store = openStore(workdir, config)
  const cacheBytes = config['storage.memory_cache']
  return cacheBytes === 0 ? store : keepSmall(store, cacheBytes)
}

function openStore(workdir: string, config: Config): BlobStore {
  if (config['storage.backend'] === 's3') return createS3Store(s3Options(config))
  return createDiskStore(diskFolder(workdir, config))
}

function diskFolder(workdir: string, config: Config): string {
  const path = config['storage.path']
  return path === null ? ownFolder(workdir) : resolve(workdir, 'supabase', path)
}

/** Where they are on this disk; null where they are not. */
export function blobFolder(workdir: string, config: Config): string | null {
  return config['storage.backend'] === 'disk' ? diskFolder(workdir, config) : null
}

/**
 * Whether what keeps objects answers, where that is another server.
 * @throws StartError
 */
export async function checkBlobs(config: Config): Promise<void> {
  if (config['storage.backend'] !== 's3') return
  try {
    await checkS3(s3Options(config))
  } catch (error) {
    const { endpoint } = s3Options(config)
    const why = error instanceof Error ? error.message : String(error)
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    const where = `storage.backend is "s3", at ${endpoint ?? 'AWS'}`
    throw new StartError('config', `${where}: ${why}${cause === '' ? '' : ` (${cause})`}`, error)
  }
}

function s3Options(config: Config): S3Options {
  const bucket = config['storage.s3.bucket']
  const accessKeyId = config['storage.s3.access_key_id']
  const secretAccessKey = config['storage.s3.secret_access_key']
  if (bucket === null)
    throw new StartError('config', 'storage.backend is "s3": set storage.s3.bucket')
  if ((accessKeyId === null) !== (secretAccessKey === null))
    throw new StartError(
      'config',
      'storage.s3.access_key_id and storage.s3.secret_access_key go together: set both or none',
    )
  return {
    endpoint: config['storage.s3.endpoint'],
    region: config['storage.s3.region'],
    bucket,
    prefix: config['storage.s3.prefix'],
    accessKeyId,
    secretAccessKey,
    forcePathStyle: config['storage.s3.force_path_style'],
    maxBytes: config['storage.file_size_limit'],
  }
}

function ownFolder(workdir: string): string {
  return join(workdir, 'supabase/.temp/storage')
}

/** With the database go the rows that name what is in there; a folder of the user's own stays. */
export function discardBlobs(workdir: string): void {
  rmSync(ownFolder(workdir), { recursive: true, force: true })
}
