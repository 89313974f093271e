/** A database that was restored goes on as another life of it, and none is taken for another. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { BackupManifest } from '#host/backup'
import { createLocalBackup } from './create-local.ts'
import { restoreLocal } from './restore-local.ts'
import { startEmbeddedPostgres } from '#host/node/postgres'

const workdir = mkdtempSync(join(tmpdir(), 'basalt-lives-'))
const config = defineConfig({
  'basalt.backup.target': join(workdir, 'target'),
  'auth.enabled': false,
})
const quiet = { onProgress: () => {}, onWarning: () => {} }
afterAll(() => rmSync(workdir, { recursive: true, force: true }))

async function liveAndBackUp(): Promise<BackupManifest> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(workdir, 'supabase/.temp/pgdata') })
  try {
    return await createLocalBackup({ workdir, config, runningPort: postgres.port, ...quiet })
  } finally {
    await postgres.stop()
  }
}

test('each restore begins a timeline that there was not, also from before an earlier one', async () => {
  const first = await liveAndBackUp()
  const wish = { kind: 'backup', id: first.id } as const
  await restoreLocal({ workdir, config, wish, force: false, ...quiet })
  const second = await liveAndBackUp()
  await restoreLocal({ workdir, config, wish, force: false, ...quiet })
  const third = await liveAndBackUp()
  expect([first, second, third].map(({ timeline }) => timeline)).toEqual([1, 2, 3])
}, 60_000)
