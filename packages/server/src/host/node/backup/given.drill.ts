/** A Postgres of one's own, by its URL alone: copied as it is, restored into a folder; what it does not allow is told. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { openSession, parseConnectionUrl } from '#base/db'
import type { BackupManifest } from '#host/backup'
import { startEmbeddedPostgres } from '#host/node/postgres'
import type { EmbeddedPostgres } from '#host/node/postgres'
import { createLocalBackup } from './create-local.ts'
import { restoreLocal } from './restore-local.ts'
import { verifyLocalBackup } from './verify-local.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-given-'))
const installed = '/usr/lib/postgresql/15/bin'
const warnings: string[] = []
const quiet = { onProgress: () => {}, onWarning: (message: string) => void warnings.push(message) }
const workdir = join(folder, 'project')
const config = defineConfig({
  'basalt.backup.target': join(folder, 'target'),
  'auth.enabled': false,
})
const with15: Config = { ...config, 'basalt.db.binaries': installed }

describe.runIf(existsSync(installed))('a given Postgres', () => {
  let given: EmbeddedPostgres
  let url = ''
  let manifest: BackupManifest
  beforeAll(async () => {
    given = await startEmbeddedPostgres({
      dataDir: join(folder, 'given'),
      password: 'secret',
      superuser: 'owner',
      binaries: installed,
      settings: { wal_level: 'replica' },
    })
    url = `postgres://owner:secret@127.0.0.1:${given.port}/postgres`
    const session = await openSession(parseConnectionUrl(url))
    await session.script(
      'test',
      `create table t as select generate_series(1, 1000) as id; create role plain login password 'secret'`,
    )
    session.close()
  })
  afterAll(async () => {
    await given.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is copied without its wal_level being logical; then rows are not compared, and that is told', async () => {
    manifest = await createLocalBackup({
      workdir,
      config,
      databaseUrl: url,
      runningPort: null,
      ...quiet,
    })
    expect(manifest).toMatchObject({ facts: null, login: { user: 'owner', database: 'postgres' } })
    expect(warnings[0]).toContain('Rows were not counted')
    const wrong = verifyLocalBackup({ workdir, config, ...quiet })
    await expect(wrong).rejects.toThrow('is of another version')
    const { verification } = await verifyLocalBackup({ workdir, config: with15, ...quiet })
    expect(verification).toMatchObject({ ok: true })
  })

  test('is restored into a folder by programs of its version, and by no others', async () => {
    const into = join(folder, 'into')
    const options = { workdir, wish: { kind: 'latest' }, into, force: false, ...quiet } as const
    await expect(restoreLocal({ ...options, config })).rejects.toThrow(
      /The backup is of Postgres 15\.\S+, and the one here is of another version\. .*--postgres-bin/,
    )
    expect(existsSync(into)).toBe(false)
    await restoreLocal({ ...options, config: with15 })
    const copy = await startEmbeddedPostgres({
      dataDir: into,
      password: 'secret',
      superuser: 'owner',
      binaries: installed,
    })
    const session = await openSession(
      parseConnectionUrl(`postgres://owner:secret@127.0.0.1:${copy.port}/postgres`),
    )
    const rows = await session.rows({
      name: 't',
      text: 'select count(*)::int as n from t',
      values: [],
    })
    expect(rows).toEqual([{ n: 1000 }])
    session.close()
    await copy.stop()
    await expect(
      restoreLocal({ workdir, wish: { kind: 'latest' }, force: false, ...quiet, config: with15 }),
    ).rejects.toThrow("of a Postgres of one's own")
  })

  test('that lets nobody replicate says what to do', async () => {
    const databaseUrl = url.replace('owner', 'plain')
    const refused = createLocalBackup({ workdir, config, databaseUrl, runningPort: null, ...quiet })
    await expect(refused).rejects.toThrow(/does not let "plain" copy it .*pg_dump/)
  })
})
