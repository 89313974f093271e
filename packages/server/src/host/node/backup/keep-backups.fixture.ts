/** Backups that are kept of an embedded Postgres alone. */
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { silentLog } from '#base/kernel'
import { embeddedConnection } from './backup-place.ts'
import { keepBackups } from './keep-backups.ts'
import type { BackupKeeper } from './keep-backups.ts'

export const configOf = (more: Partial<Config>): Config =>
  defineConfig({ 'basalt.backup.enabled': true, 'basalt.backup.verify': false, ...more })

export function keepIn(workdir: string, port: number, config: Config): Promise<BackupKeeper> {
  return keepBackups({
    workdir,
    config,
    databaseUrl: null,
    connection: () => embeddedConnection(workdir, port),
    port: () => port,
    log: silentLog,
  })
}
