/** Backups go on whatever the clock was. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeTestFolder } from '#testing'
import type { Config } from '#base/config'
import { openSession } from '#base/db'
import { folderOfBackup, folderTarget, idAt, readSealed, writeSealed } from '#host/backup'
import { startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { embeddedConnection } from './backup-place.ts'
import { createLocalBackup } from './create-local.ts'
import { configOf, keepIn } from './keep-backups.fixture.ts'

const workdir = makeTestFolder()
let postgres: EmbeddedPostgres
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: join(workdir, 'supabase/.temp/pgdata') })
})
afterAll(async () => {
  await postgres.stop()
  rmSync(workdir, { recursive: true, force: true })
})

const keep = (config: Config) => keepIn(workdir, postgres.port, config)

const place = join(workdir, 'target')
const config = configOf({ 'basalt.backup.target': place, 'basalt.backup.flush': 100 })
const quiet = { onProgress: () => {}, onWarning: () => {} }
const create = () => createLocalBackup({ workdir, config, runningPort: postgres.port, ...quiet })

async function run(text: string): Promise<void> {
  const session = await openSession(embeddedConnection(workdir, postgres.port))
  await session.script('test', text)
  session.close()
}

test('a backup that a wrong clock dated next year does not hold up those of today', async () => {
  const made = await create()
  const laterMs = Date.now() + 365 * 86_400_000
  const id = `${idAt(laterMs)}-0000`
  const at = new Date(laterMs).toISOString()
  const target = folderTarget(place)
  const wrong = { ...made, id, startedAt: at, endedAt: at }
  await writeSealed(target, `${folderOfBackup(made.system, id)}manifest`, wrong, null)
  rmSync(join(place, made.system, 'backups', made.id), { recursive: true })
  const keeper = await keep(config)
  await vi.waitFor(() => expect(keeper.state.lastSuccessMs).toBeGreaterThan(0), 40_000)
  expect(keeper.state.lastSuccessMs).toBeLessThanOrEqual(Date.now() + 1_000)
  await keeper.stop()
  rmSync(join(place, made.system, 'backups', id), { recursive: true })
})

test('a gap of the log is known to the next start, which backs up at once', async () => {
  await create()
  await run(`select pg_drop_replication_slot('basalt_backup')`)
  // away: a file where the folder was
  renameSync(place, `${place}.away`)
  writeFileSync(place, '')
  const without = await keep(config)
  await vi.waitFor(() => expect(without.state.failures).toBeGreaterThan(0), 10_000)
  await without.stop()
  rmSync(place)
  renameSync(`${place}.away`, place)
  const begunMs = Date.now()
  const keeper = await keep(config)
  await vi.waitFor(() => expect(keeper.state.lastSuccessMs).toBeGreaterThan(begunMs), 10_000)
  await keeper.stop()
}, 30_000)

test('of two that take themselves for the same database the second one stores no log', async () => {
  const { system, timeline } = await create()
  const target = folderTarget(place)
  const name = `${system}/coverage/${String(timeline).padStart(10, '0')}`
  const tell = (at: number) =>
    writeSealed(
      target,
      name,
      { timeline, lsn: '0', at: new Date(at).toISOString(), by: 'other:/shop' },
      null,
    )
  await tell(Date.now())
  const keeper = await keep(config)
  await vi.waitFor(() => expect(keeper.state.failures).toBeGreaterThan(0), 10_000)
  expect(await readSealed(target, name, null)).toMatchObject({ by: 'other:/shop' })
  // it has ended without a word
  const { coveredMs } = keeper.state
  expect(coveredMs).toBeLessThan(Date.now())
  await tell(Date.now() - 600_000)
  await vi.waitFor(() => expect(keeper.state.coveredMs).toBeGreaterThan(coveredMs), 10_000)
  await keeper.stop()
  expect(await readSealed(target, name, null)).toMatchObject({ by: null })
}, 30_000)
