/** What a worker has on the disk for as long as it lives: its socket and its /tmp. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { DenoHost } from '#services/functions/deno'

/** A new one among the sockets. */
export function folderIn({ sockets, account }: DenoHost, prefix: string): string {
  // what lies in /tmp may have been cleared away
  if (!existsSync(sockets)) {
    mkdirSync(sockets)
    chmodSync(sockets, account === null ? 0o700 : 0o711)
  }
  return mkdtempSync(join(sockets, prefix))
}

export function makeFolder(host: DenoHost): string {
  const { account } = host
  const folder = folderIn(host, 'w-')
  mkdirSync(join(folder, 'tmp'), { mode: 0o700 })
  if (account !== null)
    for (const path of [folder, join(folder, 'tmp')]) chownSync(path, account.uid, account.gid)
  return folder
}
