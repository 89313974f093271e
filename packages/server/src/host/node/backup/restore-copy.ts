/** A backup as a running database again, in a folder of its own, and compared with what was written down. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSession, restorePointBefore } from '#base/db'
import {
  BackupError,
  countRows,
  folderOfBackup,
  placeBase,
  placeLog,
  readFileOf,
} from '#host/backup'
import type { BackupManifest, Place, RestorePlan } from '#host/backup'
import { accountFor, giveTree, placeVaultKey } from '#host/node/postgres'
import type { EmbeddedPostgresOptions } from '#host/node/postgres'
import type { BackupPlace } from './backup-place.ts'
import { LogTooShort, openToUs, recover } from './recover.ts'
import type { Recovered, RecoveryTarget } from './recover.ts'

export interface CopyOptions extends BackupPlace {
  readonly plan: RestorePlan
  /** Does not exist yet. */
  readonly dataDir: string
  readonly postgres: Omit<EmbeddedPostgresOptions, 'dataDir'>
  /** Used where the backup does not hold one. */
  readonly vaultKey: string | null
  readonly onProgress: (message: string) => void
}

export interface RestoredCopy extends Recovered {
  /** Rows that were compared; null where none were written down. */
  readonly rows: number | null
  readonly tables: number
  /** The stored log has no gap. */
  readonly isWhole: boolean
  /** Without it secrets of the vault cannot be opened. */
  readonly hasVaultKey: boolean
}

/** Rejects with nothing left running; the folder stays. @throws BackupError, StartError */
export async function restoreCopy(options: CopyOptions): Promise<RestoredCopy> {
  const { plan, dataDir, onProgress } = options
  const { manifest } = plan
  const place: Place = {
    target: options.target,
    key: options.key,
    folder: folderOfBackup(manifest.system, manifest.id),
  }
  onProgress(`reading backup ${manifest.id}`)
  await mkdir(dataDir, { mode: 0o700 })
  await placeBase(place, manifest, dataDir)
  const end = await placeLog({ place, manifest, archived: plan.archived }, dataDir)
  await placeHistories(plan, dataDir)
  openToUs(dataDir)
  giveToPostgres(dataDir)
  const vaultKey = (await storedVaultKey(place, manifest)) ?? options.vaultKey
  if (vaultKey !== null) placeVaultKey(dataDir, accountFor(dataDir), vaultKey)
  onProgress('comparing')
  const compared = await compareRows(options)
  onProgress('replaying the log')
  const recovered = await replay(options, place)
  return {
    ...recovered,
    ...compared,
    isWhole: plan.covered === null || end >= BigInt(plan.covered.lsn),
    hasVaultKey: vaultKey !== null,
  }
}

/** Postgres takes the first timeline without a history for its own: those that were taken have one, were it an empty one. */
async function placeHistories(
  { histories, timeline: wished, taken }: RestorePlan,
  dataDir: string,
): Promise<void> {
  const texts = new Map(histories.map(({ timeline, history }) => [timeline, history ?? '']))
  for (let timeline = wished + 1; timeline <= taken; timeline++)
    if (!texts.has(timeline)) texts.set(timeline, '')
  for (const [timeline, text] of texts) {
    const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`
    await writeFile(join(dataDir, 'pg_wal', name), text, { mode: 0o600 })
  }
}

async function storedVaultKey(place: Place, { files }: BackupManifest): Promise<string | null> {
  const file = files.find(({ name }) => name === 'secrets')
  if (file === undefined) return null
  const secrets = JSON.parse((await readFileOf(place, file)).toString('utf8')) as {
    readonly vaultKey?: string
  }
  return secrets.vaultKey ?? null
}

/** At the place where they were counted. @throws BackupError `check` */
async function compareRows(
  options: CopyOptions,
): Promise<{ readonly rows: number | null; readonly tables: number }> {
  const { manifest } = options.plan
  if (manifest.facts === null) return { rows: null, tables: 0 }
  const lsn = BigInt(manifest.facts.at)
  const { postgres, connection } = await recoverTo(options, manifest.timeline, {
    kind: 'pause',
    lsn,
  })
  try {
    const session = await openSession(connection)
    try {
      return compare(await countRows(session), manifest.facts.rows)
    } finally {
      session.close()
    }
  } finally {
    await postgres.stop()
  }
}

function compare(
  found: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, number>>,
): { readonly rows: number; readonly tables: number } {
  const names = Object.keys(wanted)
  const wrong = names.filter((name) => found[name] !== wanted[name])
  if (wrong.length > 0) {
    const told = wrong
      .slice(0, 5)
      .map((name) => `${name} has ${found[name] ?? 'no'} rows for ${wanted[name] ?? 'no'}`)
    throw new BackupError(
      'check',
      `What was restored is not what was backed up: ${told.join(', ')}.`,
    )
  }
  return { rows: Object.values(wanted).reduce((sum, n) => sum + n, 0), tables: names.length }
}

function recoverTo(
  { dataDir, plan, postgres }: CopyOptions,
  timeline: number,
  target: RecoveryTarget,
): Promise<Recovered> {
  return recover({ dataDir, manifest: plan.manifest, timeline, target, postgres })
}

async function replay(options: CopyOptions, place: Place): Promise<Recovered> {
  const { wish, timeline } = options.plan
  if (wish.kind === 'time') return replayToTime(options, place, wish.ms)
  if (wish.kind !== 'migration') return recoverTo(options, timeline, { kind: 'end' })
  const name = restorePointBefore(wish.version)
  return recoverTo(options, timeline, { kind: 'name', name }).catch((error: unknown) => {
    if (!(error instanceof LogTooShort)) throw error
    throw new BackupError(
      'none',
      `The stored log does not say when the migration ${wish.version} began: it was not applied by Basalt, or its log is not stored (basalt.backup.enabled). Use --to-time.`,
    )
  })
}

/** Postgres knows that it has arrived by a commit behind the time, which may be far behind, or not be there at all. */
async function replayToTime(options: CopyOptions, place: Place, ms: number): Promise<Recovered> {
  const { manifest, timeline, archived, later, covered } = options.plan
  const { dataDir } = options
  const toTime = (): Promise<Recovered> => recoverTo(options, timeline, { kind: 'time', ms })
  const tooShort = (error: unknown): null => {
    if (error instanceof LogTooShort) return null
    throw error
  }
  const arrived = await toTime().catch(tooShort)
  if (arrived !== null) return arrived
  const all = [...archived, ...later]
  const end = await placeLog({ place, manifest, archived: all }, dataDir)
  giveToPostgres(dataDir)
  const after = later.length === 0 ? null : await toTime().catch(tooShort)
  if (after !== null) return after
  // nothing was committed behind it, and all before is stored
  if (covered !== null && end >= BigInt(covered.lsn) && Date.parse(covered.at) >= ms)
    return recoverTo(options, timeline, { kind: 'end' })
  throw new LogTooShort(
    `The stored log has a gap, or ends, before ${new Date(ms).toISOString()}: there is no way to that time.`,
  )
}

function giveToPostgres(dataDir: string): void {
  const account = accountFor(dataDir)
  if (account !== null) giveTree(dataDir, account)
}

export async function discardCopy(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true })
}
