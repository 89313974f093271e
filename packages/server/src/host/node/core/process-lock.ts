/** A lock file that names its holder; one left behind by a process that died is taken over. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isAlive, processStart } from './process-identity.ts'

export interface ProcessLock {
  release(): void
}

interface Holder {
  readonly pid: number
  /** See `processStart`. */
  readonly start: string | null
}

/** The lock at `path`, or the pid of the living process that holds it. Atomic: of two callers one gets it. */
export function takeLock(path: string): ProcessLock | { readonly heldBy: number } {
  const content = JSON.stringify({ pid: process.pid, start: processStart(process.pid) })
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(draft, content, { flag: 'wx' })
  try {
    // link() fails if the name exists, and the content is complete from the first moment on
    while (!tryLink(draft, path)) {
      const heldBy = livingHolder(path)
      if (heldBy !== null) return { heldBy }
      removeStale(path, `${draft}.stale`)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return { release: () => releaseIfOurs(path, content) }
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The pid of the living process that holds the lock at `path`, or null. */
export function livingHolder(path: string): number | null {
  const holder = readHolder(path)
  if (holder === null || !isAlive(holder.pid)) return null
  return holder.start === processStart(holder.pid) ? holder.pid : null
}

function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Holder
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : null
  } catch {
    return null
  }
}

/** Moves the stale lock away; should another process have replaced it in between, puts that one's back. */
function removeStale(path: string, aside: string): void {
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (livingHolder(aside) !== null) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function releaseIfOurs(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) rmSync(path, { force: true })
  } catch {
    // already gone
  }
}
