/** Whom Postgres runs as: it refuses root, so root hands it to an unprivileged uid that owns the data folder. */
import { createHash } from 'node:crypto'
import { chmodSync, lchownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The account data folders made by root belong to. A number of its own, so that other things running as `nobody` cannot read the data;
 * outside the ranges Debian and systemd hand out (60578–61183 is unused), below 65536 so that it exists in user namespaces.
 */
const privateAccount: Account = { uid: 60900, gid: 60900 }

/** Null: as we are. As root: the owner of the existing data folder, or the private account. */
export function accountFor(dataDir: string): Account | null {
  if (process.geteuid?.() !== 0) return null
  try {
    const owner = statSync(dataDir)
    if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  } catch {
    // no data folder yet
  }
  return privateAccount
}

/** initdb insists on an account with a name; `nobody` has one nearly everywhere. The result is given to the real account afterwards. */
export function initialisingAccount(account: Account | null): Account | null {
  if (account === null) return null
  try {
    const line = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+):(\d+):/m)
    if (line !== null) return { uid: Number(line[1]), gid: Number(line[2]) }
  } catch {
    // no passwd file: the usual number, and initdb says what it thinks of it
  }
  return { uid: 65534, gid: 65534 }
}

/** Whether `account` may pass through every folder above `path` and read `path` itself. Null is ourselves: always tried, never refused. */
export function canReach(path: string, account: Account | null): boolean {
  if (account === null) return true
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const stat = statSync(folder)
    const shift = stat.uid === account.uid ? 6 : stat.gid === account.gid ? 3 : 0
    if (((stat.mode >> shift) & 0o1) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** A new folder only `account` may enter, short enough for a Unix socket and reachable for it. */
export function makePrivateFolder(account: Account | null): string {
  const folder = mkdtempSync(join(temporaryParent(account), 'basalt-'))
  chmodSync(folder, 0o700)
  if (account !== null) give(folder, account)
  return folder
}

/** The same folder each time for the same data folder, so that nothing piles up when we are killed and cannot remove it. */
export function socketFolder(dataDir: string, account: Account | null): string {
  const owner = account?.uid ?? process.geteuid?.()
  const hash = createHash('sha256').update(`${owner} ${dataDir}`).digest('hex').slice(0, 12)
  const folder = join(temporaryParent(account), `basalt-${hash}`)
  try {
    mkdirSync(folder, { mode: 0o700 })
    if (account !== null) give(folder, account)
    return folder
  } catch {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    const ours = stat?.isDirectory() && stat.uid === owner && (stat.mode & 0o077) === 0
    return ours ? folder : makePrivateFolder(account)
  }
}

function temporaryParent(account: Account | null): string {
  const usual = tmpdir()
  const reachable = account === null || canReach(usual, account)
  return reachable ? shortEnough(usual) : '/tmp'
}

// `<parent>/basalt-<12 digits>/.s.PGSQL.65535` has to fit the 107 bytes of sun_path (103 on macOS).
function shortEnough(parent: string): string {
  return Buffer.byteLength(parent) <= 70 ? parent : '/tmp'
}

/** A folder that belongs to us alone, or null when it cannot be had: something another user prepared is never trusted. */
export function ownFolder(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 })
    const stat = lstatSync(path)
    if (process.platform === 'win32') return path
    if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) return null
    if ((stat.mode & 0o022) !== 0) return null
    chmodSync(path, 0o755)
    return path
  } catch {
    return null
  }
}

/** Gives one file to `account`; a symbolic link itself, never what it leads to: the tree belongs to somebody we do not trust. */
export function give(path: string, account: Account): void {
  lchownSync(path, account.uid, account.gid)
}

/** `give` for a whole tree; the 1,000 files of a fresh data folder take about 10 ms. */
export function giveTree(path: string, account: Account): void {
  give(path, account)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) giveTree(child, account)
    else give(child, account)
  }
}
