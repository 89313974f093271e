/** All below a prefix, as if each were named: policies, triggers, pages, and where it stopped. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createMemoryStore } from '#base/blob'
import { signToken } from '#base/token'

const user = '11111111-1111-1111-1111-111111111111'
const blobs = createMemoryStore()
let server: TestPlatform
let token: string
beforeAll(async () => {
  server = await startTestPlatform({ blobs })
  const exp = Math.floor(Date.now() / 1000) + 3600
  token = signToken({ sub: user, role: 'authenticated', exp }, server.platform.keys.jwtSecret)
  await server.script(`
    insert into storage.buckets (id, name) values ('files', 'files'), ('other', 'other');
    create policy read on storage.objects for select to authenticated using (true);
    create policy own on storage.objects for all to authenticated
      using (owner_id = '${user}') with check (name not like '%/closed/%');
    create function public.keep() returns trigger language plpgsql as $$
    begin
      if old.name like '%kept%' then raise exception 'kept'; end if;
      return old;
    end $$;
    create trigger keep before delete on storage.objects for each row execute function public.keep();
  `)
})
afterAll(() => server.close())

beforeEach(() =>
  server.script(`set session_replication_role = replica; delete from storage.objects;`),
)

async function send(method: string, path: string, body: unknown, who = token) {
  const response = await fetch(`${server.url}/storage/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${who}`,
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return (await response.json()) as Record<string, unknown>
}

async function upload(...names: string[]): Promise<void> {
  for (const name of names) await send('POST', `/object/files/${name}`, name)
}

async function names(bucket = 'files'): Promise<string[]> {
  const body = { prefix: '', limit: 1000 }
  const listed = await send('POST', `/object/list-v2/${bucket}`, body)
  return (listed['objects'] as { name: string }[]).map(({ name }) => name)
}

async function kept(): Promise<number> {
  let count = 0
  for await (const _ of blobs.list()) count++
  return count
}

const remove = (body: object) => send('DELETE', '/prefix/files', body)
const move = (body: object) => send('POST', '/prefix/move', { bucketId: 'files', ...body })

test('what the caller may not remove stays, and what is no longer needed goes', async () => {
  const before = await kept()
  await upload('a/1', 'a/b/2', 'a_/3', 'b/4')
  await server.script(`update storage.objects set owner_id = 'else' where name = 'a/1'`)
  expect(await remove({ prefix: 'a/' })).toEqual({ deleted: 1, failed: [], next: null })
  expect(await names()).toEqual(['a/1', 'a_/3', 'b/4'])
  expect(await kept()).toBe(before + 3)
  expect(await remove({ prefix: 'none/' })).toEqual({ deleted: 0, failed: [], next: null })
})

test('an object that a trigger keeps is told, and does not keep the others', async () => {
  await upload('a/1', 'a/kept', 'a/z')
  expect(await remove({ prefix: 'a/' })).toEqual({
    deleted: 2,
    failed: [{ name: 'a/kept', code: 'AccessDenied', message: 'kept' }],
    next: null,
  })
  expect(await names()).toEqual(['a/kept'])
})

test('it stops at the limit and goes on behind it', async () => {
  await server.script(`
    insert into storage.objects (bucket_id, name, owner_id, version)
      select 'files', 'many/' || lpad(i::text, 5, '0'), '${user}', 'v' from generate_series(1, 1800) i`)
  const first = await remove({ prefix: 'many/', limit: 700 })
  expect(first).toEqual({ deleted: 700, failed: [], next: 'many/00700' })
  const rest = await remove({ prefix: 'many/', after: first['next'] })
  expect(rest).toEqual({ deleted: 1100, failed: [], next: null })
})

test('objects move with their bytes, also to another bucket; what may not, and what is taken, is told', async () => {
  await upload('a/1', 'a/2', 'b/2')
  const taken = { code: 'KeyAlreadyExists', message: 'The resource already exists' }
  const denied = {
    code: 'AccessDenied',
    message: 'new row violates row-level security policy',
  }
  expect(await move({ sourcePrefix: 'a/', destinationPrefix: 'b/' })).toEqual({
    moved: 1,
    failed: [{ name: 'a/2', ...taken }],
    next: null,
  })
  expect(await names()).toEqual(['a/2', 'b/1', 'b/2'])
  const body = await fetch(`${server.url}/storage/v1/object/files/b/1`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(await body.text()).toBe('a/1')
  const away = { destinationBucket: 'other', destinationPrefix: 'x/closed/' }
  expect(await move({ sourcePrefix: 'b/', ...away, limit: 1 })).toEqual({
    moved: 0,
    failed: [{ name: 'b/1', ...denied }],
    next: 'b/1',
  })
  const over = { destinationBucket: 'other', destinationPrefix: 'b/' }
  expect(await move({ sourcePrefix: 'b/', ...over, limit: 1 })).toEqual({
    moved: 1,
    failed: [],
    next: 'b/1',
  })
  expect([await names(), await names('other')]).toEqual([['a/2', 'b/2'], ['b/1']])
})

test('nothing is moved twice: not into itself, and not out of it back into it', async () => {
  await upload('a/b/c', 'a/b/b/d')
  expect(await move({ sourcePrefix: 'a/', destinationPrefix: 'a/b/' })).toMatchObject({
    statusCode: '400',
    message: 'body/destinationPrefix must NOT begin with sourcePrefix',
  })
  expect(await move({ sourcePrefix: 'a/b/', destinationPrefix: 'a/' })).toEqual({
    moved: 1,
    failed: [{ name: 'a/b/b/d', code: 'InvalidKey', message: 'Invalid key: a/b/d' }],
    next: null,
  })
  expect(await names()).toEqual(['a/b/b/d', 'a/c'])
})

test('a hundred refusals end a request', async () => {
  await server.script(`
    insert into storage.objects (bucket_id, name, owner_id, version)
      select 'files', 'lost/' || lpad(i::text, 5, '0'), '${user}', 'v' from generate_series(1, 150) i`)
  const stopped = await move({ sourcePrefix: 'lost/', destinationPrefix: 'found/' })
  expect(stopped).toMatchObject({ moved: 0, next: 'lost/00100' })
  expect(stopped['failed']).toHaveLength(100)
})

test('an empty prefix, no token and no prefix are refused', async () => {
  expect(await remove({ prefix: '' })).toMatchObject({ statusCode: '400' })
  expect(await remove({})).toMatchObject({ message: "body must have required property 'prefix'" })
  expect(await send('DELETE', '/prefix/files', { prefix: 'a/' }, 'x')).toMatchObject({
    statusCode: '403',
  })
})
