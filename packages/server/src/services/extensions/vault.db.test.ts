/** supabase_vault: secrets that only the functions can write, under a key that no SQL of the project can read. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'

let database: ExtensionDatabase

beforeAll(async () => {
  database = await openExtensionDatabase()
})
afterAll(() => database.close())

test('is there from the beginning, and may be asked for again', async () => {
  await database.script(`create extension if not exists "supabase_vault" with schema "vault"`)
  expect(await database.rows(`select count(*) as n from vault.secrets`)).toEqual([{ n: 0 }])
})

test('a secret is created, read, updated and deleted', async () => {
  await database.script(`select vault.create_secret('geheim ü', 'name', 'what for')`)
  expect(
    await database.rows(`select name, description, decrypted_secret from vault.decrypted_secrets`),
  ).toEqual([{ name: 'name', description: 'what for', decrypted_secret: 'geheim ü' }])
  await database.script(
    `select vault.update_secret(id, new_secret := 'neu', new_description := 'else') from vault.secrets`,
  )
  expect(
    await database.rows(
      `select name, description, decrypted_secret from vault.decrypted_secrets`,
      'service_role',
    ),
  ).toEqual([{ name: 'name', description: 'else', decrypted_secret: 'neu' }])
  expect(
    await database.rows(`delete from vault.secrets where name = 'name' returning name`),
  ).toEqual([{ name: 'name' }])
})

test('two equal secrets are stored as different texts; names are unique', async () => {
  await database.script(
    `select vault.create_secret('same', 'one'), vault.create_secret('same', 'two')`,
  )
  expect(await database.rows(`select count(distinct secret) as n from vault.secrets`)).toEqual([
    { n: 2 },
  ])
  expect(await database.refusal(`select vault.create_secret('x', 'one')`)).toMatch(/^23505/)
})

test('an unchanged ciphertext is the condition of being read', async () => {
  const plain = `convert_from(vault._crypto_aead_det_decrypt(decode(%, 'base64'), convert_to(id::text, 'utf8'), 0, 'pgsodium', nonce), 'utf8')`
  const read = (secret: string): string =>
    `select ${plain.replace('%', secret)} as v from vault.secrets where name = 'one'`
  expect(await database.rows(read('secret'))).toEqual([{ v: 'same' }])
  for (const forged of [
    `encode(set_byte(decode(secret, 'base64'), 20, get_byte(decode(secret, 'base64'), 20) # 1), 'base64')`,
    `(select secret from vault.secrets where name = 'two')`,
    `''`,
  ])
    expect(await database.refusal(read(forged))).toMatch(/^22000 .*invalid ciphertext/)
})

test.each([
  `select pg_read_file('pgsql_tmp.vault.key')`,
  `select pg_read_binary_file('pgsql_tmp.vault.key')`,
  `copy (select 1) to '/tmp/x'`,
  `select vault.basalt_key('encrypt', 0, 'pgsodium')`,
  `select vault.basalt_hmac('a', 'b', 'sha256')`,
  `insert into vault.secrets (secret) values ('unencrypted')`,
  `update vault.secrets set secret = 'unencrypted'`,
  `create trigger spy before insert on vault.secrets for each row execute function suppress_redundant_updates_trigger()`,
  `alter function vault.create_secret(text, text, text, uuid) owner to postgres`,
  `alter extension supabase_vault drop function vault.basalt_key(text, bigint, bytea)`,
])('postgres may not: %s', async (statement) => {
  expect(await database.refusal(statement)).toMatch(/^42501/)
})

test('the key is in no setting', async () => {
  expect(
    await database.rows(`select name from pg_settings where setting ~ '^[0-9a-f]{64}$'`),
  ).toEqual([])
})

test.each(['anon', 'authenticated'])('%s sees nothing of it', async (role) => {
  expect(await database.refusal('select * from vault.decrypted_secrets', role)).toMatch(/^42501/)
  expect(await database.refusal(`select vault.create_secret('x')`, role)).toMatch(/^42501/)
})
