/** What git leaves in a folder that is only a cache: halves of what was cut off, and a pack of each push. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Each is looked into for each file. */
const mostPacks = 50

const packsOf = (directory: string): string => join(directory, 'objects', 'pack')

/** Halves go; and all of it, where there is more than it is worth. Afterwards there is a folder. */
export async function tidyFolder(directory: string, maxBytes: number): Promise<void> {
  await dropHalves(directory)
  const names = await readdir(packsOf(directory)).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(packsOf(directory), name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const packs = names.filter((name) => name.endsWith('.pack')).length
  if (packs > mostPacks || bytes > maxBytes) await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
}

/** git removes them where it ends by itself only, and then not all. */
export async function dropHalves(directory: string): Promise<void> {
  const names = await readdir(packsOf(directory)).catch(() => [])
  for (const name of names)
    if (name.startsWith('tmp_')) await rm(join(packsOf(directory), name), { force: true })
}
