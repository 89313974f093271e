/** Where functions run on this machine, and as whom: folders of their own, a Deno that may be reached from there. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '#base/config'
import { findDeno, installDeno, MissingRuntime, removeFolder } from '#services/functions'
import type { DenoHost } from '#services/functions'
import { canReach } from '#host/node/postgres'

/** Not that of Postgres' data (60900): who breaks out of Deno finds nothing that is its own. */
const functionsAccount = { uid: 60_901, gid: 60_901 }
/** Of Unix sockets: Linux takes 107 bytes, macOS 103; `/w-123456/s` comes behind it. */
const maxFolderBytes = 80

export function openDenoHost(workdir: string, config: Config): DenoHost {
  const account = isRoot() ? functionsAccount : null
  const sockets = ownFolder(socketsOf(workdir))
  endOrphans(sockets)
  // what a process that was killed left
  for (const name of readdirSync(sockets)) if (/^[wb]-/.test(name)) void remove(join(sockets, name))
  const folder = isRoot()
    ? ownFolder(rootsFolderOf(workdir))
    : folderIn(join(workdir, 'supabase/.temp'), 'functions')
  if (account !== null) chownSync(folder, account.uid, account.gid)
  let binary: string | null = null
  return {
    account,
    folder,
    sockets,
    npmRegistry: config['basalt.functions.npm_registry'],
    binary: () => (binary ??= reachable(locate(config), dirname(folder), account)),
  }
}

/** Whatever lies there, it stops nobody from starting: the next one tries again. */
function remove(path: string): Promise<void> {
  return removeFolder(path).catch(() => {})
}

export function folderIn(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/** The same each time for a project. */
function hashOf(workdir: string): string {
  return createHash('sha256')
    .update(`functions ${process.geteuid?.()} ${workdir}`)
    .digest('hex')
    .slice(0, 10)
}

function socketsOf(workdir: string): string {
  const usual = tmpdir()
  const isFit =
    Buffer.byteLength(usual) <= maxFolderBytes - 20 &&
    (!isRoot() || canReach(usual, functionsAccount))
  return join(isFit ? usual : '/tmp', `basalt-f${hashOf(workdir)}`)
}

/** Root's project may be where nobody else gets to, and what lies in /tmp for weeks is cleared away. */
function rootsFolderOf(workdir: string): string {
  const lib = '/var/lib'
  const parent =
    existsSync(lib) && canReach(lib, functionsAccount)
      ? join(lib, 'basalt-functions')
      : socketsOf(workdir)
  mkdirSync(parent, { recursive: true, mode: passable })
  return join(parent, hashOf(workdir))
}

/** Others may pass through to what is theirs, and see nothing. */
const passable = 0o711

/** Ours alone to write; another one where somebody has it already. */
function ownFolder(folder: string): string {
  const mode = isRoot() ? passable : 0o700
  try {
    mkdirSync(folder, { mode })
    chmodSync(folder, mode)
    return folder
  } catch {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    const owners = [process.geteuid?.(), functionsAccount.uid]
    if ((stat?.isDirectory() === true && owners.includes(stat.uid)) || process.platform === 'win32')
      return folder
    const fresh = mkdtempSync(`${folder}-`)
    chmodSync(fresh, mode)
    return fresh
  }
}

/** Workers of a process that was killed hear of it, unless they do not listen. One process at a time has a project's folder. */
function endOrphans(sockets: string): void {
  if (!existsSync('/proc/self/cmdline')) return
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${sockets}/w-`))
        process.kill(Number(pid), 'SIGKILL')
    } catch {
      // gone, or somebody else's
    }
  }
}

/** With a project goes what its functions were made of. */
export async function discardFunctions(workdir: string): Promise<void> {
  await removeFolder(socketsOf(workdir))
  if (isRoot()) await removeFolder(rootsFolderOf(workdir))
}

function locate(config: Config): string {
  const found = findDeno(config['basalt.functions.deno_path'])
  if (found === null) throw new MissingRuntime(installDeno)
  return found
}

/** We may be installed where `account` does not get to: then another name of the same file, or a copy. */
function reachable(binary: string, folder: string, account: DenoHost['account']): string {
  if (canReach(binary, account)) return binary
  const { size, mtimeMs } = lstatSync(binary)
  const target = join(folder, `deno-${size}-${Math.round(mtimeMs)}`)
  if (existsSync(target)) return target
  try {
    linkSync(binary, target)
  } catch {
    const draft = `${target}.${process.pid}`
    copyFileSync(binary, draft)
    chmodSync(draft, 0o755)
    renameSync(draft, target)
  }
  return target
}
