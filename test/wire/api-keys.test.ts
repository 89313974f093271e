/** Keys of the project's own customers: made by their users through supabase-js, under RLS, told once. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, clientOf, newUser, notes, startWithKeys } from './api-key-users.ts'
import type { KeyRow, KeyUser } from './api-key-users.ts'

const form = /^basalt_ak_[\w-]{49}$/
let server: TestPlatform
let ann: KeyUser
let bob: KeyUser
beforeAll(async () => {
  server = await startWithKeys({
    schema: `${notes}
      create table public.audit (row jsonb);
      grant all on public.audit to authenticated, service_role;`,
  })
  ann = await newUser(server)
  bob = await newUser(server)
})
afterAll(() => server.close())

describe('a key is made', () => {
  test('by the insert of the example, which tells it once', async () => {
    const [name, rate] = ['first', 100]
    const made = await ann.client
      .from('api_keys')
      .insert({ name, permissions: { read: true, write: true }, rate_limit: rate })
      .select()
      .single()
    expect(made.error).toBeNull()
    const row = made.data as KeyRow
    expect(row).toMatchObject({ name, rate_limit: 100, user_id: ann.id, usage_count: 0 })
    expect(row.key).toMatch(form)
    const listed = await ann.client
      .from('api_keys')
      .select('*')
      .order('created_at', { ascending: false })
    expect(listed.error).toBeNull()
    expect(listed.data?.map((own: KeyRow) => [own.id, own.key])).toEqual([[row.id, null]])
    expect(JSON.stringify(listed.data)).not.toContain(row.key)
  })

  test('each of many its own', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ name: `bulk ${i}` }))
    const { data, error } = await bob.client.from('api_keys').insert(rows).select('name, key')
    expect(error).toBeNull()
    expect(new Set(data?.map(({ key }) => key as string)).size).toBe(20)
    for (const { key } of data ?? []) {
      const { status } = await ask(server, '/rest/v1/notes', { 'x-api-key': String(key) })
      expect(status).toBe(200)
    }
  })

  test('with defaults of a key that reads', async () => {
    const { data } = await ann.client.from('api_keys').insert({ name: 'plain' }).select().single()
    const row = { permissions: { read: true, write: false }, rate_limit: 60, monthly_quota: 1e6 }
    expect(data).toMatchObject({ ...row, expires_at: null, last_used_at: null, allowed_ips: null })
  })

  test.each(["'); drop table api_keys; --", '\u{1f511} schlüssel', '{"a":1}', "o'neil \\ %s $1"])(
    'with the name %j, which is a name',
    async (name) => {
      const row = await ann.makeKey({ name })
      expect(row.name).toBe(name)
      const again = await ann.client.from('api_keys').select('name').eq('id', row.id).single()
      expect(again.data).toEqual({ name })
    },
  )

  test('by the service role for anybody, beyond what users may ask for', async () => {
    const service = clientOf(server, server.platform.keys.serviceRoleKey)
    const given = { name: 'given', user_id: bob.id, rate_limit: 50_000, monthly_quota: 2e9 }
    const made = await service.from('api_keys').insert(given).select().single()
    expect(made.error).toBeNull()
    expect(made.data).toMatchObject({ user_id: bob.id, rate_limit: 50_000 })
    expect((made.data as KeyRow).key).toMatch(form)
  })

  test('and nowhere is it kept, but in the answer', async () => {
    await server.script(`
      create function public.keep_row() returns trigger language plpgsql as $$
      begin insert into public.audit values (to_jsonb(new)); return null; end $$;
      create trigger audit after insert on public.api_keys for each row execute function public.keep_row();`)
    const { key, id } = await ann.makeKey({ name: 'audited' })
    await server.script('drop trigger audit on public.api_keys')
    const service = clientOf(server, server.platform.keys.serviceRoleKey)
    const { data } = await service.from('audit').select()
    expect(data).toMatchObject([{ row: { id, name: 'audited', key: null } }])
    const copies = await server.count(
      `select count(*) as n from public.api_keys k where k::text like '%${key.slice(12, 40)}%'`,
    )
    expect(copies).toBe(0)
    const inLog = (text: string): Promise<number> =>
      server.count(`select count(*)::int as n from pg_ls_waldir() file
        where position('${text}'::bytea in pg_read_binary_file('pg_wal/' || file.name)) > 0`)
    // Postgres of the tests does not wait for its log to be written
    await expect.poll(() => inLog('audited'), { timeout: 15_000 }).toBeGreaterThan(0)
    expect(await inLog(key.slice(10))).toBe(0)
    expect(JSON.stringify(server.logged)).not.toContain(key)
  })
})

describe('a user may not', () => {
  const refused = { code: '42501' }

  test.each([
    ['make a key of another user', () => ({ user_id: bob.id })],
    ['choose the hash', () => ({ key_hash: 'a'.repeat(64) })],
    ['begin with less than nothing used', () => ({ usage_count: -1000 })],
    ['ask for a higher rate than the project allows', () => ({ rate_limit: 1001 })],
    ['ask for a higher quota than the project allows', () => ({ monthly_quota: 1_000_001 })],
  ])('%s', async (_, values) => {
    const { data, error } = await ann.client.from('api_keys').insert({ name: 'x', ...values() })
    expect([data, error]).toMatchObject([null, refused])
  })

  test.each([
    ['a text', '"read"'],
    ['a list', ['read', 'write']],
    ['null', null],
    ['read as a text', { read: 'true' }],
    ['write as a number', { read: true, write: 1 }],
    ['nested', { read: { write: true } }],
    ['endless', { read: true, note: 'x'.repeat(3000) }],
  ])('have permissions that are %s', async (_, permissions) => {
    const { error } = await ann.client.from('api_keys').insert({ name: 'x', permissions })
    expect(error?.code).toMatch(/^(22023|23502)$/)
  })

  test.each([
    ['key_hash', 'b'.repeat(64)],
    ['usage_count', 0.0],
    ['user_id', '00000000-0000-0000-0000-000000000000'],
    ['permissions', { read: true, write: true }],
    ['rate_limit', 5000],
    ['monthly_quota', 5_000_000],
    ['last_used_at', '2020-01-01T00:00:00Z'],
  ])('change %s of a key', async (column, value) => {
    const { id } = await ann.makeKey({ permissions: { read: true, write: false } })
    await server.script(`update public.api_keys set usage_count = 7 where id = '${id}'`)
    const change = { [column]: value }
    const { error } = await ann.client.from('api_keys').update(change).eq('id', id)
    expect(error).toMatchObject(refused)
  })

  test('see, change or delete keys and usage of others', async () => {
    const { id, key } = await ann.makeKey()
    await ask(server, '/rest/v1/notes', { 'x-api-key': key })
    await vi.waitUntil(async () => (await ann.client.from('usage_metrics').select()).data?.length, {
      timeout: 15_000,
      interval: 20,
    })
    const keys = (): ReturnType<typeof bob.client.from> => bob.client.from('api_keys')
    expect((await keys().select().eq('id', id)).data).toEqual([])
    expect((await keys().update({ name: 'mine' }).eq('id', id).select()).data).toEqual([])
    expect((await keys().delete().eq('id', id).select()).data).toEqual([])
    for (const table of ['usage_metrics', 'token_usage', 'api_key_stats'])
      expect((await bob.client.from(table).select().eq('api_key_id', id)).data).toEqual([])
    const row = {
      api_key_id: id,
      endpoint: '/',
      method: 'GET',
      status_code: 1,
      response_time_ms: 1,
    }
    expect((await bob.client.from('usage_metrics').insert(row)).error).toMatchObject(refused)
    expect((await ann.client.from('usage_metrics').insert(row)).error).toMatchObject(refused)
    expect((await bob.client.rpc('check_rate_limit', { key_id: id })).data).toBe(false)
    expect((await ann.client.rpc('check_rate_limit', { key_id: id })).data).toBe(true)
  })

  test('make or change keys with a key', async () => {
    const { id, key } = await ann.makeKey()
    const client = clientOf(server, key)
    expect((await client.from('api_keys').insert({ name: 'more' })).error).toMatchObject(refused)
    const { error } = await client.from('api_keys').update({ name: 'other' }).eq('id', id)
    expect(error).toMatchObject(refused)
    expect((await client.from('api_keys').delete().eq('id', id)).error).toMatchObject(refused)
    expect((await client.from('api_keys').select('id').eq('id', id)).data).toEqual([{ id }])
  })

  test('have more keys than the project allows, however fast', async () => {
    const many = await startWithKeys({ config: { 'basalt.api_keys.max_keys_per_user': 3 } })
    const eve = await newUser(many)
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => eve.makeKey()))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    await many.close()
  })
})

test('a user renames, narrows, limits and ends keys', async () => {
  const { id } = await ann.makeKey({ name: 'before' })
  const change = {
    name: 'after',
    permissions: { read: true, write: false },
    rate_limit: 5,
    monthly_quota: 10,
    expires_at: '2100-01-01T00:00:00+00:00',
    allowed_ips: ['10.0.0.0/8', '2001:db8::/32'],
  }
  const { data, error } = await ann.client
    .from('api_keys')
    .update(change)
    .eq('id', id)
    .select()
    .single()
  expect([error, data]).toMatchObject([null, { ...change, key: null }])
})

test('documents are their users own', async () => {
  const paper = { path: '/a', title: 'A', tags: ['x'], metadata: { n: 1 } }
  const made = await ann.client.from('documents').insert(paper).select().single()
  expect(made.data).toMatchObject({ ...paper, user_id: ann.id })
  expect((await bob.client.from('documents').select()).data).toEqual([])
  expect((await ann.client.from('documents').insert(paper)).error?.code).toBe('23505')
  expect((await bob.client.from('documents').insert(paper)).error).toBeNull()
})
