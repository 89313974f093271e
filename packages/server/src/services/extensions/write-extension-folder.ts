/** Writes the extensions as Postgres reads them: `<folder>/extension/*.control` and `*.sql`, for `extension_control_path`. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { standIns } from './stand-ins.ts'
import type { StandIn } from './stand-ins.ts'

const source = fileURLToPath(new URL('./sql/', import.meta.url))

/** All files of the folder by their path in it. A pure function of the code: the same release gives the same files. */
function extensionFiles(): readonly (readonly [path: string, text: string])[] {
  return standIns.flatMap((standIn) => filesOf(standIn))
}

/**
 * Writes `<parent>/extensions-<hash of what is in it>`, which everybody may read, and returns its path: 400 small files,
 * 15 ms, once a release. It appears whole or not at all; two processes may call it at the same time.
 */
export function writeExtensionFolder(parent: string): string {
  const files = extensionFiles()
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16)
  const folder = join(parent, `extensions-${hash}`)
  if (existsSync(folder)) return folder
  const temporary = mkdtempSync(join(parent, '.extensions-'))
  try {
    chmodSync(temporary, 0o755)
    mkdirSync(join(temporary, 'extension'))
    chmodSync(join(temporary, 'extension'), 0o755)
    for (const [path, text] of files) writeOpenly(join(temporary, path), text)
    renameSync(temporary, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return folder
}

/** Whatever our umask is. */
function writeOpenly(path: string, text: string): void {
  writeFileSync(path, text)
  chmodSync(path, 0o644)
}

function filesOf(standIn: StandIn): [string, string][] {
  const { name, versions } = standIn
  const [newest, ...older] = versions
  const path = (from: string): string => `extension/${name}${from}`
  return [
    [path('.control'), controlOf(standIn, newest ?? '')],
    [path(`--${newest}.sql`), scriptOf(standIn)],
    // asked for by its number an older version is the newest under that number, and can be updated to it
    ...older.flatMap((version): [string, string][] => [
      [path(`--${newest}--${version}.sql`), ''],
      [path(`--${version}--${newest}.sql`), ''],
    ]),
  ]
}

/** Trusted: whoever may create in the database may make it, and its objects belong to the superuser. */
function controlOf({ comment, schema }: StandIn, version: string): string {
  const lines = [
    `comment = '${comment}'`,
    `default_version = '${version}'`,
    'superuser = true',
    'trusted = true',
    'relocatable = false',
    ...(schema === null ? [] : [`schema = '${schema}'`]),
  ]
  return `${lines.join('\n')}\n`
}

function scriptOf({ name, parts = [[name]] }: StandIn): string {
  const texts = parts.map(([file, type]) => {
    const text = readFileSync(join(source, `${file}.sql`), 'utf8')
    return type === undefined ? text : text.replaceAll('@type@', type)
  })
  return texts.join('\n')
}
