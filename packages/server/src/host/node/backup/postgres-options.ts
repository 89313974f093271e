/** How the Postgres of a project is started: the same for the one that runs and for copies of it. */
import { resolve } from 'node:path'
import type { EmbeddedPostgresOptions } from '#host/node/postgres'
import type { BackupPlaceOptions } from './backup-place.ts'

export function postgresOptions({
  workdir,
  config,
}: BackupPlaceOptions): Omit<EmbeddedPostgresOptions, 'dataDir'> {
  const binaries = config['basalt.db.binaries']
  const vaultKey = config['db.root_key']
  return {
    settings: config['db.settings'],
    binaries: binaries === null ? null : resolve(workdir, binaries),
    extensionPaths: config['basalt.db.extension_paths'].map((path) => resolve(workdir, path)),
    ...(vaultKey === null ? {} : { vaultKey }),
  }
}
