/** Where a local project keeps the bytes of its objects. */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '#base/config'
import { createDiskStore, createMemoryStore } from '#services/storage'
import type { BlobStore } from '#services/storage'

/** Nothing is made before the first upload. */
export function openBlobs(workdir: string, config: Config): BlobStore {
  if (config['storage.backend'] === 'memory') return createMemoryStore()
  const path = config['storage.path']
  return createDiskStore(path === null ? ownFolder(workdir) : resolve(workdir, 'supabase', path))
}

function ownFolder(workdir: string): string {
  return join(workdir, 'supabase/.temp/storage')
}

/** With the database go the rows that name what is in there; a folder of the user's own stays. */
export function discardBlobs(workdir: string): void {
  rmSync(ownFolder(workdir), { recursive: true, force: true })
}
