/** Removes a folder in which a function made what it liked: nested deeper than a path can say, closed to its owner. */
import { randomUUID } from 'node:crypto'
import { chmod, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Nobody may write there any more. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => removeLevels(folder))
}

/** What lies in its folders is moved up, until there are none. */
async function removeLevels(folder: string): Promise<void> {
  for (;;) {
    const entries = await open(folder)
    if (entries.length === 0) break
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) await empty(path, folder)
      else await unlink(path)
    }
  }
  await rmdir(folder)
}

async function open(folder: string) {
  await chmod(folder, 0o700)
  return readdir(folder, { withFileTypes: true })
}

async function empty(path: string, into: string): Promise<void> {
  for (const inner of await open(path)) {
    const from = join(path, inner.name)
    // a folder that is moved is written to
    if (inner.isDirectory()) await chmod(from, 0o700)
    await rename(from, join(into, randomUUID()))
  }
  await rmdir(path)
}
