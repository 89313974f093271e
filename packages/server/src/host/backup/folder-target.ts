/** Backups in a folder, perhaps of another disk or machine. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BackupError } from './errors.ts'
import type { BackupTarget, StoredFile } from './target.ts'

/** What a killed process was writing. */
const draft = /\.draft-[0-9a-f-]{36}$/

export function folderTarget(root: string): BackupTarget {
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) === '') throw error
      throw new BackupError('target', `${root}: ${describe(error)}`, error)
    }
  }
  return {
    place: root,
    put: (name, bytes) => within(() => write(root, name, bytes)),
    get: (name) => within(() => orNull(readFile(join(root, name)))),
    list: (folder) => within(async () => (await listBelow(root, folder)).toSorted(byName)),
    delete: (names) =>
      within(async () => {
        for (const name of names) await rm(join(root, name), { force: true })
      }),
    close: () => Promise.resolve(),
  }
}

async function write(root: string, name: string, bytes: Buffer): Promise<void> {
  const path = join(root, name)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.draft-${randomUUID()}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function listBelow(root: string, folder: string): Promise<StoredFile[]> {
  const entries = await orNull(readdir(join(root, folder), { withFileTypes: true }))
  const found: StoredFile[] = []
  for (const entry of entries ?? []) {
    const name = `${folder}${entry.name}`
    if (entry.isDirectory()) found.push(...(await listBelow(root, `${name}/`)))
    else if (entry.isFile() && !draft.test(name)) {
      const facts = await orNull(stat(join(root, name)))
      if (facts !== null) found.push({ name, size: facts.size, modifiedMs: facts.mtimeMs })
    }
  }
  return found
}

function byName(one: StoredFile, other: StoredFile): number {
  return one.name < other.name ? -1 : 1
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function describe(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return 'there is no space left for backups. Make room, keep fewer (basalt.backup.keep) or name another target.'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `it may not be written (${code}). Backups are made as the user Basalt runs as.`
  return error instanceof Error ? error.message : String(error)
}
