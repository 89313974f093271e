/** The objects that Storage keeps on this disk, for a backup: also those that are deleted while it is made. */
import type { Dirent } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '#base/config'
import type { ObjectFile, ObjectSource } from '#host/backup'
import { blobFolder } from '#host/node/blobs'

/** Null where they are kept elsewhere. */
export function diskObjects(workdir: string, config: Config): ObjectSource | null {
  const root = blobFolder(workdir, config)
  if (root === null) return null
  return { hold: () => hold(root), list: () => listObjects(root, 0) }
}

const digest = /^[0-9a-f]{64}$/

export function heldFolder(root: string): string {
  return join(root, 'held')
}

/** Who made the folder takes it away. */
async function hold(root: string): Promise<{ release(): Promise<void> }> {
  const folder = heldFolder(root)
  await mkdir(root, { recursive: true, mode: 0o700 })
  const isOurs = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  return {
    release: async () => {
      if (isOurs) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Those written since `sinceMs`, and all that are held. */
export async function* listObjects(root: string, sinceMs: number): AsyncIterable<ObjectFile> {
  const blobs = join(root, 'blobs')
  for (const shard of await entriesOf(blobs)) yield* listFolder(join(blobs, shard.name), sinceMs)
  yield* listFolder(heldFolder(root), 0)
}

async function* listFolder(folder: string, sinceMs: number): AsyncIterable<ObjectFile> {
  for (const { name } of await entriesOf(folder)) {
    if (!digest.test(name)) continue
    const path = join(folder, name)
    const facts = await stat(path).catch(() => null)
    if (facts !== null && facts.ctimeMs >= sinceMs) yield { digest: name, path, size: facts.size }
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
