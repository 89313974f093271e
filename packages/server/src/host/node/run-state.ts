/** The state file of a running project, supabase/.temp/basalt.json: what `status`, `stop` and `migration` read. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { StatusEntry } from './status-entries.ts'
import { livingHolder, takeLock, StartError } from '#host/node/core'
import type { ProcessLock } from '#host/node/core'

export interface RunState {
  readonly pid: number
  /** ISO time. */
  readonly startedAt: string
  readonly ports: Readonly<Record<string, number>>
  readonly url: string
  readonly adminUrl: string
  /** Of the user migrations run as. */
  readonly dbUrl: string
  readonly status: readonly StatusEntry[]
  /** What is wrong with it now, and whether requests are answered all the same; null when nothing is. */
  readonly problem: { readonly message: string; readonly isServing: boolean } | null
  /** Bearer token of the admin port's commands; the file is for its owner alone. */
  readonly adminToken: string
}

/** supabase/.temp of a project, made when missing and kept out of git. */
export function openTempFolder(workdir: string): string {
  const folder = tempFolder(workdir)
  mkdirSync(folder, { recursive: true })
  const ignore = join(folder, '.gitignore')
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
  return folder
}

export function tempFolder(workdir: string): string {
  return join(workdir, 'supabase', '.temp')
}

const lockFile = (workdir: string): string => join(tempFolder(workdir), 'basalt.lock')
const stateFile = (workdir: string): string => join(tempFolder(workdir), 'basalt.json')

/** One start per project; the second one is told who runs it. */
export function lockProject(workdir: string): ProcessLock {
  openTempFolder(workdir)
  const lock = takeLock(lockFile(workdir))
  if ('release' in lock) return lock
  throw new StartError(
    'already-running',
    `Basalt already runs in ${workdir}, as process ${lock.heldBy}. Stop it first: basalt stop.`,
  )
}

/** Written when everything listens; appears whole. */
export function writeRunState(workdir: string, state: RunState): void {
  const draft = `${stateFile(workdir)}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, stateFile(workdir))
}

export function removeRunState(workdir: string): void {
  rmSync(stateFile(workdir), { force: true })
}

/** The pid of the process that runs this project, starting ones included; null when none does. */
export function runningPid(workdir: string): number | null {
  return livingHolder(lockFile(workdir))
}

/** What runs in this project, or null. A file a killed process left behind says nothing. */
export function readRunState(workdir: string): RunState | null {
  const pid = runningPid(workdir)
  if (pid === null) return null
  try {
    const state = JSON.parse(readFileSync(stateFile(workdir), 'utf8')) as RunState
    return state.pid === pid ? state : null
  } catch {
    return null
  }
}
