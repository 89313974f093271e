/** What a backup says about itself; written last, so that a backup without it is none. */
import { BackupError } from './errors.ts'
import { open, seal } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'

export interface BackupManifest {
  readonly format: 1
  /** `20261129T020000Z-3f9a`; later ones sort behind earlier ones. */
  readonly id: string
  /** Which database cluster it is of, see `clusterName`. */
  readonly system: string
  readonly project: string
  /** `18.4` */
  readonly postgres: string
  /** As whom and where rows were counted. */
  readonly login: { readonly user: string; readonly database: string }
  readonly timeline: number
  /** How the timeline came about, as its file in pg_wal says it; null for the first. */
  readonly history: string | null
  readonly segmentBytes: number
  /** Places in the log, in decimal: where replaying begins, and from where on the files are consistent. */
  readonly start: string
  readonly end: string
  /** ISO times, of the database's clock. */
  readonly startedAt: string
  /** A restore goes to this time and later ones. */
  readonly endedAt: string
  /** Postgres parameters that a restored one must have as large. */
  readonly settings: Readonly<Record<string, string>>
  /** Names of the files below the backup's folder, with the SHA-256 of what is stored. */
  readonly files: readonly BackupFile[]
  /** Null where the database could not be counted at a known place (wal_level is not logical). */
  readonly facts: BackupFacts | null
  /** Of supabase_migrations, in order. */
  readonly migrations: readonly string[]
  /** Objects of Storage kept on disk; null where they are kept elsewhere, or nobody said where. */
  readonly objects: { readonly count: number; readonly bytes: number } | null
}

export interface BackupFile {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

export interface BackupFacts {
  /** The rows were counted as they were here. */
  readonly at: string
  /** `public.notes` → rows */
  readonly rows: Readonly<Record<string, number>>
}

/** What came of restoring it into a scratch copy. */
export interface Verification {
  readonly verifiedAt: string
  readonly seconds: number
  readonly ok: boolean
  /** What was compared, or what was wrong. */
  readonly message: string
}

export interface ListedBackup {
  readonly id: string
  readonly system: string
  /** Null where it cannot be read: `problem` says why. */
  readonly manifest: BackupManifest | null
  readonly problem: string | null
  /** Bytes of its own files. */
  readonly size: number
  readonly verification: Verification | null
}

/** A bucket answers one after the other slowly. */
const atOnce = 16
const backupId = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/** Ids of what was begun before are less. */
export function idAt(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

/**
 * What initdb called it, and who backs it up: two copies of one database that both go on are told apart, each has a log of
 * its own.
 */
export function clusterName(system: string, lineage: string): string {
  return `${system}-${lineage}`
}

/** `7401234567890123456-3f9a01cd/backups/20261129T020000Z-3f9a/` */
export function folderOfBackup(system: string, id: string): string {
  return `${system}/backups/${id}/`
}

export async function writeSealed(
  target: BackupTarget,
  name: string,
  value: unknown,
  key: SealKey | null,
): Promise<void> {
  await target.put(name, await seal(name, Buffer.from(JSON.stringify(value), 'utf8'), key))
}

/** Null where there is none. @throws BackupError */
export async function readSealed(
  target: BackupTarget,
  name: string,
  key: SealKey | null,
): Promise<unknown> {
  const stored = await target.get(name)
  if (stored === null) return null
  const text = (await open(name, stored, key)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BackupError('damaged', `${name} cannot be read: it is no JSON.`, error)
  }
}

/** Those that are whole, oldest first; of all clusters, or of one. */
export async function listBackups(
  target: BackupTarget,
  key: SealKey | null,
  system: string | null = null,
): Promise<readonly ListedBackup[]> {
  const files = await target.list(system === null ? '' : `${system}/backups/`)
  const sizes = new Map<string, number>()
  const whole: { readonly system: string; readonly id: string }[] = []
  for (const { name, size } of files) {
    const [owner, kind, id, ...rest] = name.split('/')
    if (owner === undefined || kind !== 'backups' || id === undefined || !backupId.test(id))
      continue
    sizes.set(`${owner}/${id}`, (sizes.get(`${owner}/${id}`) ?? 0) + size)
    if (rest.join('/') === 'manifest') whole.push({ system: owner, id })
  }
  const listed: ListedBackup[] = []
  for (let at = 0; at < whole.length; at += atOnce) {
    const some = whole.slice(at, at + atOnce)
    const sizeOf = (name: string): number => sizes.get(name) ?? 0
    listed.push(
      ...(await Promise.all(
        some.map((one) => describe(target, key, one, sizeOf(`${one.system}/${one.id}`))),
      )),
    )
  }
  return listed.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

/** More of them no database of ours begins. */
export function isTimeline(timeline: number): boolean {
  return Number.isInteger(timeline) && timeline > 0 && timeline < 65_536
}

async function describe(
  target: BackupTarget,
  key: SealKey | null,
  { system, id }: { readonly system: string; readonly id: string },
  size: number,
): Promise<ListedBackup> {
  const folder = folderOfBackup(system, id)
  try {
    const manifest = (await readSealed(target, `${folder}manifest`, key)) as BackupManifest
    if (manifest.format !== 1)
      throw new BackupError('refused', 'It was made by a newer Basalt: use that one, or a later.')
    // where nothing is encrypted, whoever can write there can write this
    const { timeline } = manifest
    if (manifest.id !== id || manifest.system !== system || !isTimeline(timeline))
      throw new BackupError('damaged', `${folder}manifest cannot be used: it is of another backup.`)
    const verification = (await readSealed(target, `${folder}verified`, key)) as Verification | null
    return { id, system, manifest, problem: null, size, verification }
  } catch (error) {
    if (!(error instanceof BackupError) || error.failure === 'target') throw error
    return { id, system, manifest: null, problem: error.message, size, verification: null }
  }
}
