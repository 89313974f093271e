/** Copies of a database that a killed process has left: each is as large as the database. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isAlive } from '#host/node/core'

/** The caller holds the project's lock. */
export function removeLeftCopies(tempFolder: string, blobs: string | null): void {
  removeLeftTrials(tempFolder)
  remove(tempFolder, (name) => name.startsWith('restore-'))
  if (blobs !== null)
    remove(dirname(blobs), (name) => name.startsWith(`${basename(blobs)}.restore-`))
}

/** Those of processes that have ended, and of our own earlier ones: in a container each has the same id. */
export function removeLeftTrials(tempFolder: string): void {
  remove(tempFolder, (name) => {
    const pid = /^verify-(\d+)-/.exec(name)?.[1]
    return pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)))
  })
}

function remove(folder: string, isLeft: (name: string) => boolean): void {
  const names = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []
  for (const entry of names)
    if (entry.isDirectory() && isLeft(entry.name))
      rmSync(join(folder, entry.name), { recursive: true, force: true })
}
