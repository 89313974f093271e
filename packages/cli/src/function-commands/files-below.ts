/** The files of a folder that may go elsewhere: not what is fetched, not what holds secrets. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const leftOut = new Set(['node_modules', '.git', '.temp', '.branches'])
/** Names of files that hold secrets. */
const secretFile = /^\.env(\..*)?$/

/** Absolute; none where there is no folder. Links are followed: what they lead to is what was written. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const isSecret = secretFile.test(entry.name)
    if (leftOut.has(entry.name) || isSecret) return []
    const path = join(folder, entry.name)
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isDirectory() ? filesBelow(path) : stat?.isFile() ? [path] : []
  })
}
