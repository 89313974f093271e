/** Deno's cache: what it has fetched, and what it made of modules it ran. Shared by all functions of a project. */
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DenoHost } from './deno-host.ts'

export function cacheFolderOf({ folder }: Pick<DenoHost, 'folder'>): string {
  return join(folder, 'deno')
}

/** There, and no place for what functions would keep or leave to others. */
export function openCacheFolder(host: DenoHost): void {
  const cache = cacheFolderOf(host)
  // a file where Deno would have a folder: threads of a function still have `caches`
  const closed = join(cache, 'location_data')
  if (existsSync(`${closed}/.`)) rmSync(closed, { recursive: true, force: true })
  if (existsSync(closed)) return
  mkdirSync(cache, { recursive: true })
  writeFileSync(closed, '')
  if (host.account !== null) chownSync(cache, host.account.uid, host.account.gid)
}

/** Nothing in it is needed by functions that are ready to run: the next start takes longer. */
export async function clearCacheFolder(host: DenoHost): Promise<void> {
  const old = `${cacheFolderOf(host)}.old`
  await rm(old, { recursive: true, force: true })
  await rename(cacheFolderOf(host), old)
  openCacheFolder(host)
  await rm(old, { recursive: true, force: true })
}
