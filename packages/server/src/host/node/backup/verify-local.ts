/** `basalt backup verify`: restores a backup into a scratch copy, compares, and writes down what came of it. */
import { join } from 'node:path'
import { BackupError, chooseRestore, folderOfBackup, listBackups, writeSealed } from '#host/backup'
import type { ListedBackup, Verification } from '#host/backup'
import { clusterOf, openBackupPlace } from './backup-place.ts'
import type { BackupPlace, BackupPlaceOptions } from './backup-place.ts'
import { restoreObjects } from './check-objects.ts'
import { checkSignIn } from './check-sign-in.ts'
import { removeLeftTrials } from './left-copies.ts'
import { postgresOptions } from './postgres-options.ts'
import { discardCopy, restoreCopy } from './restore-copy.ts'
import { openTempFolder } from './temp-folder.ts'

export interface VerifyOptions extends BackupPlaceOptions {
  /** Default: the newest of this project's database, or where it has none, of all. */
  readonly id?: string | undefined
  readonly onProgress: (message: string) => void
}

export interface Verified {
  readonly backup: ListedBackup
  readonly verification: Verification
}

/** Resolves also when it is not good: `verification.ok`. @throws BackupError `none`, `key`, `target` */
export async function verifyLocalBackup(options: VerifyOptions): Promise<Verified> {
  const place = openBackupPlace(options)
  try {
    const backup = await findBackup(place, options)
    const begun = performance.now()
    const { ok, message } = await tryRestore(place, backup, options)
    const verification: Verification = {
      verifiedAt: new Date().toISOString(),
      seconds: Math.round(performance.now() - begun) / 1_000,
      ok,
      message,
    }
    const name = `${folderOfBackup(backup.system, backup.id)}verified`
    await writeSealed(place.target, name, verification, place.key)
    return { backup, verification }
  } finally {
    await place.target.close()
  }
}

async function findBackup(
  { target, key }: BackupPlace,
  { workdir, id }: VerifyOptions,
): Promise<ListedBackup> {
  const listed = await listBackups(target, key, clusterOf(workdir))
  const all = id === undefined && listed.length > 0 ? listed : await listBackups(target, key)
  const found = id === undefined ? all.at(-1) : all.find((one) => one.id === id)
  if (found?.problem != null && found.manifest === null) throw new BackupError('key', found.problem)
  if (found !== undefined) return found
  const which = id === undefined ? 'no backup' : `no backup ${id}`
  throw new BackupError('none', `There is ${which} in ${target.place}.`)
}

async function tryRestore(
  place: BackupPlace,
  { system, id }: ListedBackup,
  options: VerifyOptions,
): Promise<Pick<Verification, 'ok' | 'message'>> {
  const { workdir, config, onProgress } = options
  const temp = openTempFolder(workdir)
  removeLeftTrials(temp)
  const dataDir = join(temp, `verify-${process.pid}-${id}`)
  try {
    const plan = await chooseRestore(place.target, place.key, system, { kind: 'backup', id })
    const postgres = postgresOptions(options)
    const copy = await restoreCopy({
      ...place,
      plan,
      dataDir,
      postgres,
      vaultKey: null,
      onProgress,
    })
    try {
      onProgress('reading objects')
      const { connection } = copy
      const objects = await restoreObjects(place, plan.manifest, connection, null)
      onProgress('signing in')
      const signedIn = await checkSignIn({ config, connection, writes: true })
      return { ok: true, message: describe(copy, objects?.count ?? null, signedIn) }
    } finally {
      await copy.postgres.stop('immediate')
    }
  } catch (error) {
    // says nothing of the backup
    if (error instanceof BackupError && ['target', 'refused'].includes(error.failure)) throw error
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  } finally {
    await discardCopy(dataDir)
  }
}

function describe(
  { rows, tables }: { readonly rows: number | null; readonly tables: number },
  objects: number | null,
  signedIn: boolean,
): string {
  return [
    rows === null ? 'rows were not counted' : `${rows} rows of ${tables} tables`,
    objects === null ? 'no objects' : `${objects} objects`,
    signedIn ? 'a sign-in' : 'no sign-in: Auth is off',
  ].join(', ')
}
