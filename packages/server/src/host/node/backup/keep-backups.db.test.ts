/** Backups go on whatever the clock was. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { silentLog } from '#base/kernel'
import { folderOfBackup, folderTarget, idAt, writeSealed } from '#host/backup'
import { startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { embeddedConnection } from './backup-place.ts'
import { createLocalBackup } from './create-local.ts'
import { keepBackups } from './keep-backups.ts'
import type { BackupKeeper } from './keep-backups.ts'

const workdir = mkdtempSync(join(tmpdir(), 'basalt-keep-'))
let postgres: EmbeddedPostgres
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: join(workdir, 'supabase/.temp/pgdata') })
})
afterAll(async () => {
  await postgres.stop()
  rmSync(workdir, { recursive: true, force: true })
})

const configOf = (more: Partial<Config>): Config =>
  defineConfig({ 'basalt.backup.enabled': true, 'basalt.backup.verify': false, ...more })

function keep(config: Config): Promise<BackupKeeper> {
  return keepBackups({
    workdir,
    config,
    databaseUrl: null,
    connection: () => embeddedConnection(workdir, postgres.port),
    port: () => postgres.port,
    log: silentLog,
  })
}

test('a backup that a wrong clock dated next year does not hold up those of today', async () => {
  const config = configOf({ 'basalt.backup.target': join(workdir, 'target') })
  const quiet = { onProgress: () => {}, onWarning: () => {} }
  const made = await createLocalBackup({ workdir, config, runningPort: postgres.port, ...quiet })
  const laterMs = Date.now() + 365 * 86_400_000
  const id = `${idAt(laterMs)}-0000`
  const at = new Date(laterMs).toISOString()
  const target = folderTarget(join(workdir, 'target'))
  const wrong = { ...made, id, startedAt: at, endedAt: at }
  await writeSealed(target, `${folderOfBackup(made.system, id)}manifest`, wrong, null)
  rmSync(join(workdir, 'target', made.system, 'backups', made.id), { recursive: true })
  const keeper = await keep(config)
  await vi.waitFor(() => expect(keeper.state.lastSuccessMs).toBeGreaterThan(0), 10_000)
  expect(keeper.state.lastSuccessMs).toBeLessThanOrEqual(Date.now() + 1_000)
  await keeper.stop()
})
