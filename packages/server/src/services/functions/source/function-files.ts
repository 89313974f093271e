/** Which files of `supabase/functions` a function consists of. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'

export interface SourceFile {
  /** Below `supabase/functions`, with `/`. */
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
}

/** Of one function. */
export const maxFiles = 5000
export const maxBytes = 100 * 1024 * 1024

const leftOut = new Set(['node_modules', '.git', '.temp', '.branches'])
/** Names of files that are not code, and hold secrets. */
const secretFile = /^\.env(\..*)?$/
const moduleFile = /\.(?:[cm]?[jt]s|[jt]sx)$/
const sibling = /\.\.\/([A-Za-z][\w-]*)\//g

/** Its folder, what is shared (`_…`), files beside the folders, and the folders of functions it imports from. */
export function filesOf(root: string, slug: string, entrypoint: string): SourceFile[] {
  const files = new Map<string, SourceFile>()
  const folders = [...new Set([slug, entrypoint.split('/')[0] ?? slug])]
  for (const name of namesIn(root)) {
    const stat = statSync(join(root, name), { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (stat.isDirectory()) {
      if (name.startsWith('_')) folders.push(name)
    } else if (!secretFile.test(name)) add(files, root, name)
  }
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at] as string
    addFolder(files, root, folder)
    for (const other of siblingsOf(root, folder, files))
      if (!folders.includes(other) && existsSync(join(root, other))) folders.push(other)
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function addFolder(files: Map<string, SourceFile>, root: string, folder: string): void {
  for (const name of namesIn(join(root, folder))) {
    if (leftOut.has(name) || (secretFile.test(name) && name !== '.npmrc')) continue
    const path = posix.join(folder, name)
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    if (stat?.isDirectory()) addFolder(files, root, path)
    else if (stat?.isFile()) add(files, root, path)
  }
}

function add(files: Map<string, SourceFile>, root: string, path: string): void {
  const { size, mtimeMs } = statSync(join(root, path))
  files.set(path, { path, size, modifiedMs: mtimeMs })
  if (files.size > maxFiles)
    throw new Error(`${path} is one of more than ${maxFiles} files: a function has fewer`)
}

/** Read again only where a file has changed: `../other/x.ts`. */
function siblingsOf(
  root: string,
  folder: string,
  files: ReadonlyMap<string, SourceFile>,
): string[] {
  const found = new Set<string>()
  for (const file of files.values()) {
    if (!file.path.startsWith(`${folder}/`) || !moduleFile.test(file.path)) continue
    for (const name of siblingsIn(join(root, file.path), file.modifiedMs)) found.add(name)
  }
  return [...found]
}

const known = new Map<string, { readonly modifiedMs: number; readonly names: readonly string[] }>()
const maxKnown = 10_000

function siblingsIn(path: string, modifiedMs: number): readonly string[] {
  const before = known.get(path)
  if (before?.modifiedMs === modifiedMs) return before.names
  const names = [...readFileSync(path, 'utf8').matchAll(sibling)].map(([, name = '']) => name)
  if (known.size >= maxKnown) known.clear()
  known.set(path, { modifiedMs, names })
  return names
}

/** Changes when a file does, without reading one. */
export function signatureOf(files: readonly SourceFile[]): string {
  return files.map(({ path, size, modifiedMs }) => `${path} ${size} ${modifiedMs}`).join('\n')
}

/** Of what they hold; many of them take a while, so others get in between. */
export async function hashOf(
  root: string,
  files: readonly SourceFile[],
  more: string,
): Promise<string> {
  const hash = createHash('sha256').update(more)
  for (const { path } of files) hash.update(`\0${path}\0`).update(await readFile(join(root, path)))
  return hash.digest('hex').slice(0, 16)
}

/** As a path below `root`, or null for one elsewhere. */
export function below(root: string, path: string): string | null {
  const found = relative(root, path).split(sep).join('/')
  return found.startsWith('../') || found === '..' || found === '' ? null : found
}
