/** How a process of another account is given a folder whose parents it may not enter (`/root/project`, mode 0700). */
import { closeSync, existsSync, openSync } from 'node:fs'
import type { Account } from './postgres-account.ts'
import { canReach } from './postgres-account.ts'
import { StartError } from '#host/node/core'

export interface FolderArgument {
  /** What the process is told: the path itself, or `/proc/self/fd/3`. */
  readonly path: string
  /** Becomes descriptor 3 of the process; null when the path is enough. */
  readonly descriptor: number | null
  /** Closes our side, once the process is spawned. */
  close(): void
}

/**
 * An open descriptor leads to the folder without passing its parents, and children of the process inherit it.
 * So the data stays in the project, and nothing has to be opened to others.
 */
export function folderArgument(path: string, account: Account | null): FolderArgument {
  if (canReach(path, account)) return { path, descriptor: null, close: () => {} }
  if (!existsSync('/proc/self/fd')) {
    throw new StartError(
      'permission',
      `Postgres does not run as root, and the user it runs as cannot reach ${path}. Start as an ordinary user, or move the project to a folder others may enter.`,
    )
  }
  const descriptor = openSync(path, 'r')
  return { path: '/proc/self/fd/3', descriptor, close: () => closeSync(descriptor) }
}
