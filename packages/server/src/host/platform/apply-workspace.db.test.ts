/** What config.toml asks of a project's database besides its migrations and seeds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { applyWorkspace } from './apply-workspace.ts'

let database: SqlDatabase
let workdir: string
beforeAll(async () => {
  database = await openSqlDatabase()
  workdir = mkdtempSync(join(tmpdir(), 'basalt-rows-'))
  mkdirSync(join(workdir, 'supabase', 'migrations'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase', 'migrations', '1_read.sql'),
    `create table found as select decrypted_secret as v from vault.decrypted_secrets where name = 'a''b';
     create table nets as select nspname from pg_namespace where nspname = 'net';`,
  )
})
afterAll(async () => {
  await database.close()
  rmSync(workdir, { recursive: true })
})

async function apply(config: Partial<Config>): Promise<string[]> {
  const progress: string[] = []
  await applyWorkspace({
    databaseUrl: `${database.url}?options=${encodeURIComponent('-c role=postgres')}`,
    workdir,
    config: defineConfig(config),
    parts: { migrations: true, seed: true },
    onProgress: (message) => progress.push(message),
  })
  return progress
}

const bucket = (changes = {}) => ({
  public: false,
  file_size_limit: null,
  allowed_mime_types: [],
  objects_path: null,
  ...changes,
})

test('secrets and pg_net are there for the migrations, buckets after the seeds; a second time they are brought up to date', async () => {
  const first = await apply({
    'db.vault': { "a'b": 'one', unset: 'env(NOT_THERE)' },
    'experimental.webhooks.enabled': true,
    'storage.buckets': {
      images: bucket({
        public: true,
        file_size_limit: 5_000_000,
        allowed_mime_types: ['a/b', 'c,d'],
      }),
      files: bucket(),
    },
  })
  expect(first).toEqual([
    'Updating vault secrets...',
    'Applying migration 1_read.sql...',
    'Creating Storage bucket: images',
    'Creating Storage bucket: files',
  ])
  expect(await database.rows('select v, nspname from found, nets')).toEqual([
    { v: 'one', nspname: 'net' },
  ])
  const second = await apply({
    'db.vault': { "a'b": 'two' },
    'storage.buckets': { images: bucket() },
  })
  expect(second).toEqual(['Updating vault secrets...', 'Updating Storage bucket: images'])
  expect(
    await database.rows('select name, decrypted_secret as v from vault.decrypted_secrets'),
  ).toEqual([{ name: "a'b", v: 'two' }])
  expect(
    await database.rows(
      'select id, name, public, file_size_limit as size, allowed_mime_types as types from storage.buckets order by id',
    ),
  ).toEqual([
    { id: 'files', name: 'files', public: false, size: null, types: null },
    { id: 'images', name: 'images', public: false, size: null, types: null },
  ])
})

test('a row that cannot be made is named by its key', async () => {
  await expect(apply({ 'storage.buckets': { ['x'.repeat(101)]: bucket() } })).rejects.toThrow(
    /^supabase\/config\.toml, storage\.buckets\.x+: bucket name .* is too long/,
  )
  expect(await apply({ 'storage.enabled': false, 'storage.buckets': { no: bucket() } })).toEqual([])
})
