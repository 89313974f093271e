/** Which files of a project a function needs: its folder, the folders beside it that it names, what it imports from elsewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { CliError } from '#terminal'
import { filesBelow } from './files-below.ts'
import { filesMatching } from './match-files.ts'

export interface FunctionFiles {
  /** Below the folder that holds supabase/, with `/`. */
  readonly entrypoint: string
  readonly importMap: string | null
  readonly paths: readonly string[]
}

export interface FunctionPlace {
  /** Holds supabase/. */
  readonly workdir: string
  readonly slug: string
  /** Absolute. */
  readonly entrypoint: string
  /** Absolute; null: what lies beside the function. */
  readonly importMap: string | null
  /** Globs, relative to supabase/. */
  readonly staticFiles: readonly string[]
}

const textFile = /\.(?:[cm]?[jt]s|[jt]sx|jsonc?)$/
const relativeImport = /["'](\.{1,2}\/[^"'\n]+)["']/g
const besideFunction = ['deno.json', 'deno.jsonc', 'import_map.json', '../import_map.json']

/** @throws CliError */
export function collectFiles(place: FunctionPlace): FunctionFiles {
  const { workdir, slug, entrypoint, staticFiles } = place
  if (!isFile(entrypoint)) throw new CliError(`${slug} has no entrypoint ${entrypoint}.`)
  const supabase = join(workdir, 'supabase')
  const root = join(supabase, 'functions')
  const importMap = place.importMap ?? findImportMap(join(root, slug))
  if (importMap !== null && !isFile(importMap))
    throw new CliError(`${slug} has no import map ${importMap}.`)
  const found = new Set<string>()
  const waiting = [
    entrypoint,
    ...filesBelow(join(root, slug)),
    ...(importMap === null ? [] : [importMap]),
  ]
  for (const pattern of staticFiles) waiting.push(...filesMatching(supabase, pattern))
  const folders = foldersIn(root)
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue
    found.add(file)
    if (!textFile.test(file)) continue
    const text = readFileSync(file, 'utf8')
    waiting.push(...importedBy(file, text, workdir))
    // folders as a whole: what is read and not imported is in them too
    for (const [name, folder] of folders)
      if (text.includes(`/${name}/`)) waiting.push(...filesBelow(folder))
  }
  const pathOf = (file: string): string => below(workdir, file)
  return {
    entrypoint: pathOf(entrypoint),
    importMap: importMap === null ? null : pathOf(importMap),
    paths: [...found].map(pathOf).toSorted(),
  }
}

/** The order of the Supabase CLI. */
function findImportMap(folder: string): string | null {
  return besideFunction.map((name) => join(folder, name)).find(isFile) ?? null
}

/** Shared folders (`_shared`), by name. */
function foldersIn(root: string): Map<string, string> {
  const folders = existsSync(root) ? readdirSync(root, { withFileTypes: true }) : []
  const shared = folders.filter((entry) => entry.isDirectory() && entry.name.startsWith('_'))
  return new Map(shared.map(({ name }) => [name, join(root, name)]))
}

/** Files there are; what a relative path in quotes does not lead to may be text. */
function importedBy(file: string, text: string, workdir: string): string[] {
  return [...text.matchAll(relativeImport)]
    .map(([, path = '']) => resolve(dirname(file), path))
    .filter((path) => path.startsWith(workdir + sep) && isFile(path))
}

function below(workdir: string, file: string): string {
  const path = relative(workdir, file).split(sep).join('/')
  if (!path.startsWith('../')) return path
  throw new CliError(`${file} is not in ${workdir}: functions take what is in the project.`)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
