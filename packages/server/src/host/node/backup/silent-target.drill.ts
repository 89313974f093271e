/** A target that takes requests and does not answer keeps nobody waiting (12 s). */
import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { configOf, keepIn } from './keep-backups.fixture.ts'

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

const keep = (config: Config) => keepIn(workdir, postgres.port, config)

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
