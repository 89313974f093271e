/** The extensions in a folder of control files, and the folders that installed Postgres servers keep theirs in. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export interface FoundExtension {
  readonly name: string
  /** Whole paths of its control files and scripts. */
  readonly files: readonly string[]
}

/** `folder` holds `*.control` and `*--*.sql`; the result is in the order of names. Empty for a folder that cannot be read. */
export function extensionsIn(folder: string): FoundExtension[] {
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : []
  const files = new Map<string, string[]>()
  for (const file of names) {
    const name = /^(.+?)(--.*)?\.(control|sql)$/.exec(file)?.[1]
    if (name === undefined) continue
    files.set(name, [...(files.get(name) ?? []), join(folder, file)])
  }
  return [...files]
    .filter(([name]) => names.includes(`${name}.control`))
    .map(([name, paths]) => ({ name, files: paths }))
}

/** Whether it runs on any Postgres: its scripts load no library. */
export function isSqlOnly({ files }: FoundExtension): boolean {
  return files.every((file) => {
    const text = readFileSync(file, 'utf8')
    if (file.endsWith('.control')) return !/^\s*directory\s*=/m.test(text)
    return !/MODULE_PATHNAME|\$libdir|\blanguage\s+['"]?(c|internal)\b/i.test(text)
  })
}

/** What its control file says it needs. */
export function requiredBy(extension: FoundExtension): string[] {
  const control = extension.files.find((file) => basename(file) === `${extension.name}.control`)
  if (control === undefined) return []
  const line = /^\s*requires\s*=\s*'([^']*)'/m.exec(readFileSync(control, 'utf8'))
  return (line?.[1] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

export interface InstalledExtensions {
  readonly major: number
  /** Holds the control files. */
  readonly controls: string
  /** Holds their libraries, if there are any. */
  readonly libraries: string
}

/** Of the servers that Debian's, the Postgres project's and Homebrew's packages install, the newest first. */
export function installedExtensions(root = '/'): InstalledExtensions[] {
  const layouts = (major: number): [string, string][] => [
    [`usr/share/postgresql/${major}`, `usr/lib/postgresql/${major}/lib`],
    [`usr/pgsql-${major}/share`, `usr/pgsql-${major}/lib`],
    [`opt/homebrew/share/postgresql@${major}`, `opt/homebrew/lib/postgresql@${major}`],
    [`usr/local/share/postgresql@${major}`, `usr/local/lib/postgresql@${major}`],
  ]
  return [18, 17, 16, 15].flatMap((major) =>
    layouts(major)
      .map(([share, libraries]) => ({
        major,
        controls: join(root, share, 'extension'),
        libraries: join(root, libraries),
      }))
      .filter(({ controls }) => isFolder(controls)),
  )
}

export interface ExtensionPath {
  /** Holds a folder `extension` with the control files. */
  readonly share: string
  /** Null: no libraries, SQL alone. */
  readonly libraries: string | null
}

/**
 * What a user names by one path: a folder with `extension/` in it (a share folder), the control files' folder itself, or an
 * installation's root. Null when there are no control files.
 */
export function readExtensionPath(path: string): ExtensionPath | null {
  const shares = [
    path,
    ...(basename(path) === 'extension' ? [dirname(path)] : []),
    join(path, 'share'),
    join(path, 'share', 'postgresql'),
  ]
  const share = shares.find((folder) => extensionsIn(join(folder, 'extension')).length > 0)
  if (share === undefined) return null
  const name = basename(share)
  const libraries = [
    join(share, 'lib'),
    join(share, '..', 'lib', 'postgresql'),
    // Homebrew: share/postgresql@18 and lib/postgresql@18
    join(share, '..', '..', 'lib', name),
    // Debian: share/postgresql/18 and lib/postgresql/18/lib
    join(share, '..', '..', '..', 'lib', 'postgresql', name, 'lib'),
    join(share, '..', 'lib'),
    share,
  ]
  return { share, libraries: libraries.find(hasLibraries) ?? null }
}

/** `vector` → whether `vector.so` (`.dylib`, `.dll`) is there. */
export function hasLibrary(folder: string, name: string): boolean {
  return suffixes.some((suffix) => existsSync(join(folder, `${name}${suffix}`)))
}

const suffixes = ['.so', '.dylib', '.dll']

function hasLibraries(folder: string): boolean {
  return (
    isFolder(folder) &&
    readdirSync(folder).some((name) => suffixes.some((suffix) => name.endsWith(suffix)))
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
