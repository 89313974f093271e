/**
 * Where a server finds its extensions: its own first, then those of the user's folders, then those of other installed servers,
 * then what stands in for the rest. From 18 on by settings; before, by a copy of the program beside which links lie.
 */
import { createHash } from 'node:crypto'
import { constants, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { chmodSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, resolve } from 'node:path'
import { writeExtensionFolder } from '#services/extensions'
import type { ExtensionPath, FoundExtension, InstalledExtensions } from './find-extensions.ts'
import { hasLibrary, installedExtensions, isSqlOnly, requiredBy } from './find-extensions.ts'
import { extensionsIn, readExtensionPath } from './find-extensions.ts'
import type { Binaries } from './postgres-binaries.ts'
import { StartError } from '#host/node/core'

export interface PrepareOptions {
  readonly binaries: Binaries
  /** `basalt.db.extension_paths` */
  readonly paths: readonly string[]
  /** The user's: what they name comes before what is found. */
  readonly settings: Readonly<Record<string, string>>
  /** A folder of ours that everybody may read. */
  readonly cache: string
  /** Default: those on this machine. */
  readonly installed?: readonly InstalledExtensions[]
}

export interface ExtensionSetup {
  /** The program to run. */
  readonly postgres: string
  /** They win over the user's, which are part of them. */
  readonly settings: Readonly<Record<string, string>>
}

/** Those that cannot be created unless the server loaded them at its start. */
const preloaded = ['pg_cron', 'pg_net', 'pg_tle', 'pgaudit', 'timescaledb']

/**
 * What `extensions.pg_stat_statements` shows, there on Supabase too: a read cost 26.1 µs of Postgres's processor time without
 * and 26.3 with it. A server installed without contrib lacks it, and would not start.
 */
const loadedByDefault = 'pg_stat_statements'

/** What the real ones of these need besides, unless the user says otherwise. */
const settingsOfPreloaded: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // its jobs would connect by TCP, without the password that every connection here needs
  pg_cron: { 'cron.use_background_workers': 'on', 'cron.database_name': 'postgres' },
  timescaledb: { 'timescaledb.telemetry_level': 'off' },
}

export function prepareExtensions(options: PrepareOptions): ExtensionSetup {
  const { binaries, settings, cache } = options
  const paths = options.paths.map((path) => readPath(path))
  const bySettings = Number.parseInt(binaries.version, 10) >= 18
  const places: Places = {
    binaries,
    paths,
    installed: options.installed ?? installedExtensions(),
    standIns: join(writeExtensionFolder(cache), 'extension'),
    cache,
  }
  const libraries = [binaries.libraries, ...(bySettings ? librariesOf(paths) : [])]
  const preload = preloadSettings(libraries, settings)
  if (!bySettings) return { postgres: overlay(places), settings: preload }
  return {
    postgres: binaries.postgres,
    settings: { ...pathSettings(places, settings), ...preload },
  }
}

interface Places {
  readonly binaries: Binaries
  readonly paths: readonly ExtensionPath[]
  readonly installed: readonly InstalledExtensions[]
  readonly standIns: string
  readonly cache: string
}

function readPath(path: string): ExtensionPath {
  const found = readExtensionPath(resolve(path))
  if (found !== null) return found
  throw new StartError(
    'config',
    `basalt.db.extension_paths: there are no extensions in ${resolve(path)} (no extension/*.control). ` +
      'Name the share folder of an installed Postgres 18, as /usr/share/postgresql/18, or a folder that holds extension/.',
  )
}

function librariesOf(paths: readonly ExtensionPath[]): string[] {
  return paths.flatMap(({ libraries }) => (libraries === null ? [] : [libraries]))
}

function preloadSettings(
  libraries: readonly string[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const isThere = (name: string): boolean => libraries.some((folder) => hasLibrary(folder, name))
  const there = preloaded.filter(isThere)
  const initial = isThere(loadedByDefault) ? loadedByDefault : ''
  const asked = (given['shared_preload_libraries'] ?? initial)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const defaults = Object.assign(
    {},
    ...there.map((name) => settingsOfPreloaded[name] ?? {}),
  ) as Record<string, string>
  const own = Object.entries(defaults).filter(([name]) => given[name] === undefined)
  return {
    ...Object.fromEntries(own),
    shared_preload_libraries: [...new Set([...asked, ...there])].join(','),
  }
}

/** Postgres 18 looks in the folders it is told, in their order. */
function pathSettings(
  places: Places,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const { binaries, paths, standIns } = places
  const own = join(binaries.share, 'extension')
  const others = places.installed.filter(({ controls }) => controls !== own)
  const sameMajor = others.filter(({ major }) => major === Number.parseInt(binaries.version, 10))
  const libraries = [...librariesOf(paths), ...sameMajor.map((found) => found.libraries)]
  const taken = [own, ...paths.map(({ share }) => join(share, 'extension'))]
  const borrowed = linkOnce(
    places.cache,
    'borrowed',
    [own, ...others.map((it) => it.controls)],
    () => borrow(others, Number.parseInt(binaries.version, 10), taken),
  )
  return {
    extension_control_path: [
      given['extension_control_path'] ?? '$system',
      ...paths.map(({ share }) => share),
      ...(borrowed === null ? [] : [borrowed]),
      dirname(standIns),
    ].join(delimiter),
    ...(libraries.length === 0
      ? {}
      : {
          dynamic_library_path: [given['dynamic_library_path'] ?? '$libdir', ...libraries].join(
            delimiter,
          ),
        }),
  }
}

/**
 * What can be used of other servers' extensions: all of one of the same major version, of others those that are SQL alone.
 * Not those that have to be loaded at the start: a library that does not fit would keep the server from starting.
 */
function borrow(
  installed: readonly InstalledExtensions[],
  major: number,
  taken: readonly string[],
): FoundExtension[] {
  const names = new Set(taken.flatMap((folder) => extensionsIn(folder).map(({ name }) => name)))
  const chosen: FoundExtension[] = []
  for (const place of installed) {
    for (const extension of extensionsIn(place.controls)) {
      if (names.has(extension.name) || preloaded.includes(extension.name)) continue
      const hasScript = extension.files.some((file) => file.endsWith('.sql'))
      if (!hasScript || (place.major !== major && !isSqlOnly(extension))) continue
      chosen.push(extension)
      names.add(extension.name)
    }
  }
  return chosen.filter((extension) =>
    requiredBy(extension).every((name) => name === 'plpgsql' || names.has(name)),
  )
}

/** The folders' contents are known by when they last changed: reading them all takes 0.1 s, this nothing. */
function hashOf(paths: readonly string[]): string {
  const parts = paths.map((path) => [path, statSync(path, { throwIfNoEntry: false })?.mtimeMs])
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/** A folder with `extension/` full of links, made once for what `sources` hold. Null when there is nothing to link. */
function linkOnce(
  cache: string,
  kind: string,
  sources: readonly string[],
  choose: () => readonly FoundExtension[],
): string | null {
  if (sources.length < 2) return null
  return makeOnce(join(cache, `${kind}-${hashOf(sources)}`), (folder) => {
    makeFolder(join(folder, 'extension'))
    for (const { files } of choose()) linkInto(join(folder, 'extension'), files)
  })
}

/** Appears whole or not at all; two processes may make it at the same time. */
function makeOnce(folder: string, fill: (folder: string) => void): string {
  if (existsSync(folder)) return folder
  const temporary = mkdtempSync(join(dirname(folder), '.making-'))
  try {
    chmodSync(temporary, 0o755)
    fill(temporary)
    renameSync(temporary, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return folder
}

/** Whatever our umask is. */
function makeFolder(path: string): void {
  const made = mkdirSync(path, { recursive: true })
  for (
    let folder = path;
    made !== undefined && folder.length >= made.length;
    folder = dirname(folder)
  ) {
    chmodSync(folder, 0o755)
  }
}

function linkInto(folder: string, files: readonly string[]): void {
  for (const file of files) {
    const link = join(folder, basename(file))
    if (!existsSync(link)) symlinkSync(file, link)
  }
}

/**
 * Before 18 a server has one folder of extensions, found from where its program lies. So a copy of the program (9 MB) is run
 * from a folder of ours that is laid out alike and leads to everything of the installation, with more extensions.
 */
function overlay(places: Places): string {
  const { binaries, paths, standIns, cache } = places
  const bin = dirname(binaries.postgres)
  const root = commonFolder([bin, binaries.share, binaries.libraries])
  const own = join(binaries.share, 'extension')
  const others = places.installed.filter(({ controls }) => controls !== own)
  const sources = [
    binaries.postgres,
    binaries.share,
    own,
    ...paths.map(({ share }) => join(share, 'extension')),
    ...others.map(({ controls }) => controls),
    standIns,
  ]
  const folder = makeOnce(join(cache, `installed-${hashOf(sources)}`), (made) => {
    const place = (path: string): string => join(made, relative(root, path))
    makeFolder(place(bin))
    cpSync(binaries.postgres, join(place(bin), 'postgres'), { mode: constants.COPYFILE_FICLONE })
    chmodSync(join(place(bin), 'postgres'), 0o755)
    makeFolder(dirname(place(binaries.libraries)))
    symlinkSync(binaries.libraries, place(binaries.libraries))
    makeFolder(join(place(binaries.share), 'extension'))
    const entries = readdirSync(binaries.share).filter((name) => name !== 'extension')
    linkInto(
      place(binaries.share),
      entries.map((name) => join(binaries.share, name)),
    )
    const extensions = join(place(binaries.share), 'extension')
    linkInto(
      extensions,
      readdirSync(own).map((name) => join(own, name)),
    )
    for (const { files } of addedBefore18(places, own)) linkInto(extensions, files)
  })
  return join(folder, relative(root, binaries.postgres))
}

/** The first of a name wins as a whole: scripts of two would be mixed otherwise. */
function addedBefore18(places: Places, own: string): FoundExtension[] {
  const names = new Set(extensionsIn(own).map(({ name }) => name))
  const others = places.installed.filter(({ controls }) => controls !== own)
  const candidates = [
    ...places.paths.flatMap(({ share }) =>
      extensionsIn(join(share, 'extension')).filter(isSqlOnly),
    ),
    ...borrow(others, Number.parseInt(places.binaries.version, 10), [own]),
    ...extensionsIn(places.standIns),
  ]
  return candidates.filter(({ name }) => {
    const isNew = !names.has(name)
    names.add(name)
    return isNew
  })
}

/** `/usr/lib/x`, `/usr/share/x` → `/usr` */
function commonFolder(paths: readonly string[]): string {
  const [first = '/', ...others] = paths
  for (let folder = first; ; folder = dirname(folder)) {
    const above = folder === '/' ? '/' : `${folder}/`
    if (others.every((path) => `${path}/`.startsWith(above))) return folder
    if (folder === dirname(folder)) return folder
  }
}
