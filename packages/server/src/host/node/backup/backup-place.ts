/** Where a project's backups are, and which database they are of. */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '#base/config'
import type { ConnectionOptions } from '#base/db'
import { PhysicalReplication, parseConnectionUrl } from '#base/db'
import { BackupError, clusterName, folderTarget, s3Target, sealKey } from '#host/backup'
import type { BackupTarget, SealKey } from '#host/backup'
import { readKey } from '#host/node/postgres'
import { openTempFolder } from './temp-folder.ts'

export interface BackupPlaceOptions {
  readonly workdir: string
  readonly config: Config
}

export interface BackupPlace {
  readonly target: BackupTarget
  readonly key: SealKey | null
}

/** @throws BackupError `key`, `target` */
export function openBackupPlace({ workdir, config }: BackupPlaceOptions): BackupPlace {
  const key = sealKey(config['basalt.backup.key'])
  const named = config['basalt.backup.target']
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(named)
  if (s3 === null) return { target: folderTarget(resolve(workdir, 'supabase', named)), key }
  const [, bucket, prefix] = s3 as unknown as [string, string, string]
  const own = config['basalt.backup.s3.access_key_id']
  const target = s3Target({
    bucket,
    prefix: prefix === '' ? 'basalt-backups' : prefix,
    endpoint: config['basalt.backup.s3.endpoint'] ?? config['storage.s3.endpoint'],
    region: config['basalt.backup.s3.region'] ?? config['storage.s3.region'],
    accessKeyId: own ?? config['storage.s3.access_key_id'],
    secretAccessKey:
      own === null
        ? config['storage.s3.secret_access_key']
        : config['basalt.backup.s3.secret_access_key'],
    forcePathStyle: config['storage.s3.force_path_style'],
  })
  return { target, key }
}

/** The embedded database's folder. */
export function dataFolder(workdir: string): string {
  return join(workdir, 'supabase', '.temp', 'pgdata')
}

/** Who backs up here: made once, and gone with the database. */
export function lineageOf(workdir: string): string {
  const file = lineageFile(workdir)
  if (!existsSync(file)) {
    openTempFolder(workdir)
    writeFileSync(file, randomBytes(4).toString('hex'))
  }
  return readFileSync(file, 'utf8').trim()
}

/** Under which name the database here is backed up; null where it never was, or there is none. */
export function clusterOf(workdir: string): string | null {
  const system = systemOf(dataFolder(workdir))
  return system === null || !existsSync(lineageFile(workdir))
    ? null
    : clusterName(system, lineageOf(workdir))
}

function lineageFile(workdir: string): string {
  return join(workdir, 'supabase', '.temp', 'backup-lineage')
}

/** Which cluster a data folder is: the first thing in its control file. Null where there is none. */
function systemOf(dataDir: string): string | null {
  let file: number
  try {
    file = openSync(join(dataDir, 'global', 'pg_control'), 'r')
  } catch {
    return null
  }
  try {
    const bytes = Buffer.alloc(8)
    return readSync(file, bytes, 0, 8, 0) === 8 ? String(bytes.readBigUInt64LE()) : null
  } finally {
    closeSync(file)
  }
}

/** Of the embedded database that runs, as its superuser. */
export function embeddedConnection(workdir: string, port: number): ConnectionOptions {
  const password = encodeURIComponent(readKey(dataFolder(workdir)))
  return withoutSearchPath(`postgres://supabase_admin:${password}@127.0.0.1:${port}/postgres`)
}

/** Nothing of the project's is found by a name that is meant for Postgres's own. */
export function withoutSearchPath(url: string): ConnectionOptions {
  const options = parseConnectionUrl(url)
  return {
    ...options,
    applicationName: 'basalt',
    settings: { ...options.settings, search_path: '' },
  }
}

/** @throws BackupError `refused` */
export async function systemOfDatabase(connection: ConnectionOptions): Promise<string> {
  try {
    const source = await PhysicalReplication.open(connection, { onClose: () => {} })
    const { system } = await source.identify()
    source.close()
    return system
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BackupError(
      'refused',
      `Which database it is cannot be asked: ${why}. The login needs the right to replicate.`,
      error,
    )
  }
}
