/** The postmaster a data folder's `postmaster.pid` names: read, recognised, stopped. */
import { spawnSync } from 'node:child_process'
import { lstatSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '#host/node/core'

/** `postmaster.pid`, line by line. */
export interface PostmasterPid {
  readonly pid: number
  readonly port: number
  /** Empty when it listens on none. */
  readonly socketDir: string
  /** `starting`, `ready`, `stopping`; empty before the file is complete. */
  readonly status: string
}

/** Null when there is none or it is not yet written. */
export function readPostmasterPid(dataDir: string): PostmasterPid | null {
  let lines: string[]
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return {
    pid,
    port: Number(lines[3] ?? 0),
    socketDir: (lines[4] ?? '').trim(),
    status: (lines[7] ?? '').trim(),
  }
}

/** Whether `pid` is a Postgres process working in `dataDir`; a number reused by another program is not. */
export function isPostgresOf(pid: number, dataDir: string): boolean {
  if (process.platform === 'linux') return linuxIsPostgresOf(pid, dataDir)
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' })
  return basename(stdout.trim()).startsWith('postgres')
}

function linuxIsPostgresOf(pid: number, dataDir: string): boolean {
  try {
    // by inode: the folder may have been reached by another path
    const cwd = statSync(`/proc/${pid}/cwd`)
    const data = statSync(dataDir)
    const executable = basename(readlinkSync(`/proc/${pid}/exe`)).replace(' (deleted)', '')
    return cwd.dev === data.dev && cwd.ino === data.ino && executable === 'postgres'
  } catch {
    return false
  }
}

/** Stops the postmaster that an owner left behind, so that the folder is free. Returns true if there was one. */
export async function stopOrphan(dataDir: string): Promise<boolean> {
  const named = readPostmasterPid(dataDir)
  if (named === null) return false
  if (!isPostgresOf(named.pid, dataDir)) {
    // Postgres would refuse to start while some other process carries the number
    rmSync(join(dataDir, 'postmaster.pid'), { force: true })
    removeSocketFolder(named.socketDir, dataDir)
    return false
  }
  // SIGINT: fast shutdown; SIGQUIT: at once, with crash recovery at the next start
  for (const [signal, patienceMs] of [
    ['SIGINT', 8000],
    ['SIGQUIT', 4000],
    ['SIGKILL', 4000],
  ] as const) {
    process.kill(named.pid, signal)
    if (await goneWithin(() => isPostgresOf(named.pid, dataDir), patienceMs)) break
  }
  removeSocketFolder(named.socketDir, dataDir)
  return true
}

/** Ends backends that outlived a killed postmaster: they hold the shared memory a new one needs. */
export async function endLeftoverBackends(dataDir: string): Promise<void> {
  if (process.platform !== 'linux') {
    await sleep(200)
    return
  }
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isPostgresOf(pid, dataDir))
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGQUIT')
    } catch {
      // it ended by itself
    }
  }
  await goneWithin(() => pids.some((pid) => isPostgresOf(pid, dataDir)), 2000)
}

/** Only folders this launcher makes, `…/basalt-<id>`, and only the data folder's owner's: the path comes from a file of his. */
export function removeSocketFolder(socketDir: string, dataDir: string): void {
  if (!/[\\/]basalt-[A-Za-z0-9]{6,12}$/.test(socketDir)) return
  const folder = lstatSync(socketDir, { throwIfNoEntry: false })
  if (folder === undefined || !folder.isDirectory()) return
  const data = statSync(dataDir, { throwIfNoEntry: false })
  if (folder.uid === data?.uid) rmSync(socketDir, { recursive: true, force: true })
}

async function goneWithin(isThere: () => boolean, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (isThere()) {
    if (performance.now() > deadline) return false
    await sleep(5)
  }
  return true
}
