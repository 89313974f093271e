/** `basalt backup restore`: into a new folder, compared there, then put in the place of what was. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openSession } from '#base/db'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { BackupError, chooseRestore, clusterName, listBackups } from '#host/backup'
import type { ListedBackup, RestorePlan, RestoreWish } from '#host/backup'
import { blobFolder } from '#host/node/blobs'
import { finishMoves, moveFolders, restoreJournal } from '#host/node/core'
import type { Move } from '#host/node/core'
import { accountFor, placeKey, readVaultKey } from '#host/node/postgres'
import { clusterOf, dataFolder, lineageOf, openBackupPlace } from './backup-place.ts'
import type { BackupPlace, BackupPlaceOptions } from './backup-place.ts'
import { restoreObjects } from './check-objects.ts'
import type { ObjectsReport } from './check-objects.ts'
import { checkSignIn } from './check-sign-in.ts'
import { postgresOptions } from './postgres-options.ts'
import { closeAgain } from './recover.ts'
import { removeLeftCopies } from './left-copies.ts'
import { discardCopy, restoreCopy } from './restore-copy.ts'
import type { RestoredCopy } from './restore-copy.ts'
import { openTempFolder } from './temp-folder.ts'

export interface RestoreOptions extends BackupPlaceOptions {
  readonly wish: RestoreWish
  /** A database of the target, by the name that `list` shows; default: the one here, or the only one. */
  readonly from?: string | undefined
  /** A folder that does not exist yet: nothing is swapped, and Postgres is not started on it. */
  readonly into?: string | undefined
  /** A backup of another database may take the place of this one. */
  readonly force: boolean
  readonly onProgress: (message: string) => void
  readonly onWarning: (message: string) => void
}

export interface RestoreReport {
  readonly backup: string
  readonly dataDir: string
  /** Where what was before lies now; null where there was nothing, or it stays in its place. */
  readonly keptAs: string | null
  readonly objectsKeptAs: string | null
  readonly rows: number | null
  readonly objects: number | null
  readonly seconds: number
}

/** The caller holds the project's lock. What was there is untouched when it fails. @throws BackupError, StartError */
export async function restoreLocal(options: RestoreOptions): Promise<RestoreReport> {
  const begun = performance.now()
  const { workdir, config, into } = options
  if (into !== undefined && existsSync(into))
    throw new BackupError('refused', `${into} exists already. Name a folder that does not.`)
  if (into === undefined && (config['basalt.db_url'] ?? config['basalt.db.direct_url']) !== null)
    throw new BackupError(
      'refused',
      'The database of this project is one of your own (basalt.db_url), whose folder is not ours to replace. Restore with --into <folder>, and start your Postgres on that.',
    )
  if (into === undefined) {
    finishMoves(restoreJournal(workdir))
    removeLeftCopies(openTempFolder(workdir), blobFolder(workdir, config))
  }
  const place = openBackupPlace(options)
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const dataDir =
    into === undefined ? join(openTempFolder(workdir), `restore-${stamp}`) : resolve(into)
  const objectFolder = into === undefined ? objectsOf(workdir, config, stamp) : `${dataDir}.objects`
  try {
    const plan = await planRestore(place, options)
    const restored = await restoreInto({ place, plan, options, dataDir, objectFolder })
    const kept = into === undefined ? swap(options, dataDir, objectFolder, stamp) : nothingKept
    const seconds = Math.round(performance.now() - begun) / 1_000
    const target = into === undefined ? dataFolder(workdir) : dataDir
    return { backup: plan.manifest.id, dataDir: target, ...kept, ...restored, seconds }
  } catch (error) {
    await discardCopy(dataDir)
    if (objectFolder !== null) rmSync(objectFolder, { recursive: true, force: true })
    throw error
  } finally {
    await place.target.close()
  }
}

function objectsOf(
  workdir: string,
  config: RestoreOptions['config'],
  stamp: string,
): string | null {
  const folder = blobFolder(workdir, config)
  return folder === null ? null : `${folder}.restore-${stamp}`
}

/** @throws BackupError `none`, `refused` */
async function planRestore(place: BackupPlace, options: RestoreOptions): Promise<RestorePlan> {
  const { workdir, wish, force } = options
  const { target, key } = place
  const own = clusterOf(workdir)
  const listed = await listBackups(target, key)
  if (listed.length === 0) throw new BackupError('none', `There is no backup in ${target.place}.`)
  const system = whichDatabase(place, listed, options, own)
  const isThere = options.into === undefined && existsSync(dataFolder(workdir))
  if (isThere && system !== own && !force)
    throw new BackupError(
      'refused',
      `The backup is of another database (${system}) than the one here${own === null ? ', which has none' : ` (${own})`}. If it shall take its place: --force.`,
    )
  const goesOnAs =
    options.into === undefined
      ? clusterName(system.split('-')[0] as string, lineageOf(workdir))
      : system
  const plan = await chooseRestore(target, key, system, wish, goesOnAs)
  const { user } = plan.manifest.login
  if (options.into === undefined && user !== 'supabase_admin')
    throw new BackupError(
      'refused',
      `The backup is of a Postgres of one's own (made as "${user}"), not of an embedded one: restore it with --into <folder>, and start that Postgres on it.`,
    )
  return plan
}

/** @throws BackupError `none`, `refused` */
function whichDatabase(
  { target }: BackupPlace,
  listed: readonly ListedBackup[],
  { wish, from }: RestoreOptions,
  own: string | null,
): string {
  const systems = [...new Set(listed.map(({ system }) => system))]
  const named = wish.kind === 'backup' ? listed.find(({ id }) => id === wish.id)?.system : from
  if (named !== undefined && systems.includes(named)) return named
  if (named !== undefined || wish.kind === 'backup')
    throw new BackupError('none', `There is no such backup in ${target.place}: basalt backup list.`)
  if (own !== null && systems.includes(own)) return own
  if (systems.length === 1) return systems[0] as string
  throw new BackupError(
    'refused',
    `${target.place} holds backups of ${systems.length} databases, none of which is the one here. Name one (basalt backup list): --from <database>.`,
  )
}

interface Restoring {
  readonly place: BackupPlace
  readonly plan: RestorePlan
  readonly options: RestoreOptions
  readonly dataDir: string
  readonly objectFolder: string | null
}

async function restoreInto(restoring: Restoring): Promise<Pick<RestoreReport, 'rows' | 'objects'>> {
  const { place, plan, options, dataDir, objectFolder } = restoring
  const { workdir, config, into, onProgress, onWarning } = options
  const vaultKey = into === undefined ? readVaultKey(dataFolder(workdir)) : null
  const postgres = postgresOptions(options)
  const copy = await restoreCopy({ ...place, plan, dataDir, postgres, vaultKey, onProgress })
  let password: string | null = null
  let objects: ObjectsReport | null = null
  try {
    onProgress('restoring objects')
    objects = await restoreObjects(place, plan.manifest, copy.connection, objectFolder)
    onProgress('signing in')
    await checkSignIn({ config, connection: copy.connection, writes: false })
    if (into === undefined) password = await renewPassword(copy, plan)
  } finally {
    await copy.postgres.stop()
  }
  closeAgain(dataDir)
  if (password !== null) placeKey(dataDir, password, accountFor(dataDir))
  warn(copy, objects, onWarning, plan.wish.kind === 'latest')
  return { rows: copy.rows, objects: objects?.count ?? null }
}

/** The file with the old one is in no backup. */
async function renewPassword(
  { connection }: RestoredCopy,
  { manifest }: RestorePlan,
): Promise<string> {
  const password = randomBytes(24).toString('hex')
  const session = await openSession(connection)
  try {
    const role = quoteIdentifier(manifest.login.user)
    await session.script(
      'backup.setPassword',
      `alter role ${role} password ${quoteLiteral(password)}`,
    )
    return password
  } finally {
    session.close()
  }
}

function warn(
  { hasVaultKey, rows, isWhole }: RestoredCopy,
  objects: ObjectsReport | null,
  onWarning: (message: string) => void,
  wantsAll: boolean,
): void {
  if (!hasVaultKey)
    onWarning(
      "The key of the vault's secrets is in encrypted backups alone, and there was none here: set db.root_key if you have it, or secrets of the vault cannot be read.",
    )
  if (!isWhole && wantsAll)
    onWarning(
      'The stored log has a gap behind the backup (Postgres had to give it up, or files are missing): what was committed behind the gap is not there.',
    )
  if (rows === null) onWarning('Rows were not compared: none were counted when it was made.')
  if (objects !== null && objects.missing.length > 0)
    onWarning(
      `${objects.missing.length} objects have a row and no bytes in the backup, as ${objects.missing.slice(0, 3).join(', ')}.`,
    )
}

type Kept = Pick<RestoreReport, 'keptAs' | 'objectsKeptAs'>
const nothingKept: Kept = { keptAs: null, objectsKeptAs: null }

/** What was there, if anything, goes aside for what was restored. */
function swap(
  { workdir, config }: RestoreOptions,
  dataDir: string,
  objectFolder: string | null,
  stamp: string,
): Kept {
  const folder = blobFolder(workdir, config)
  const pairs = [[dataFolder(workdir), dataDir] as const]
  if (folder !== null && objectFolder !== null) {
    mkdirSync(objectFolder, { recursive: true, mode: 0o700 })
    pairs.push([folder, objectFolder])
  }
  const asideOf = (place: string): string | null =>
    existsSync(place) ? `${place}.before-restore-${stamp}` : null
  const kept = pairs.map(([place]) => asideOf(place))
  moveFolders(
    restoreJournal(workdir),
    pairs.flatMap(([place, by]): Move[] => {
      const aside = asideOf(place)
      return [...(aside === null ? [] : [[place, aside] as const]), [by, place]]
    }),
  )
  return { keptAs: kept[0] ?? null, objectsKeptAs: kept[1] ?? null }
}
