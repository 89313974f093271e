/** A target that takes requests and does not answer keeps nobody waiting (12 s). */
import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { silentLog } from '#base/kernel'
import { startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { embeddedConnection } from './backup-place.ts'
import { keepBackups } from './keep-backups.ts'
import type { BackupKeeper } from './keep-backups.ts'

const workdir = mkdtempSync(join(tmpdir(), 'basalt-keep-'))
let postgres: EmbeddedPostgres
/** Takes requests and never answers. */
let silent: Server
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: join(workdir, 'supabase/.temp/pgdata') })
  silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
})
afterAll(async () => {
  silent.close()
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

test('one starts beside a target that takes requests and does not answer', async () => {
  const { port } = silent.address() as AddressInfo
  const config = configOf({
    'basalt.backup.target': 's3://bucket/backups',
    'basalt.backup.s3.endpoint': `http://127.0.0.1:${port}`,
    'basalt.backup.s3.access_key_id': 'key',
    'basalt.backup.s3.secret_access_key': 'secret',
  })
  const begun = performance.now()
  const keeper = await keep(config)
  expect(performance.now() - begun).toBeLessThan(10_000)
  await keeper.stop()
  expect(performance.now() - begun).toBeLessThan(30_000)
}, 60_000)
