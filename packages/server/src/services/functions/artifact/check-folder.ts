/** What a folder holds, before it is packed: files, folders, links that stay inside; not too many, not too large. */
import { lstat, readdir, readlink } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { artifactErrors } from './errors.ts'

export const maxEntries = 50_000

/** @throws artifactErrors */
export async function checkFolder(
  root: string,
  maxBytes: number,
  most = maxEntries,
): Promise<void> {
  let [entries, bytes] = [0, 0]
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (++entries > most) throw artifactErrors.function_too_many_files({ max: most })
      const path = join(folder, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else if (entry.isFile()) bytes += (await lstat(path)).size
      else if (!entry.isSymbolicLink() || !(await staysInside(root, folder, path)))
        throw artifactErrors.function_file_unfit({ path: relative(root, path) })
      if (bytes > maxBytes) throw artifactErrors.function_too_large({ bytes: maxBytes })
    }
  }
}

async function staysInside(root: string, folder: string, link: string): Promise<boolean> {
  const target = await readlink(link)
  return !isAbsolute(target) && resolve(folder, target).startsWith(root + sep)
}
