/** What applications' SQL does with Storage's tables and functions, as `postgres` and as callers. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'

let database: SqlDatabase
beforeAll(async () => {
  database = await openSqlDatabase()
})
afterAll(() => database.close())

const user = '00000000-0000-4000-8000-000000000001'
const claims = `select set_config('request.jwt.claims', '{"sub": "${user}", "role": "authenticated"}', true)`

test('migrations make buckets, policies, triggers and foreign keys, and change what is there', async () => {
  await database.script(`
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
      values ('a', 'a', true, 5242880, array['image/*']), ('b', 'b', false, null, null)
      on conflict (id) do update set public = excluded.public;
    alter table storage.objects enable row level security;
    create policy own on storage.objects for all to authenticated
      using (bucket_id = 'a' and (storage.foldername(name))[1] = (select auth.uid())::text)
      with check (bucket_id = 'a' and (storage.foldername(name))[1] = (select auth.uid())::text
        and storage.extension(name) = 'png' and storage.filename(name) <> '.png');
    create policy see on storage.buckets for select to anon using (public);
    create table public.files (object_id uuid references storage.objects (id), bucket text references storage.buckets (id), name text);
    create function public.on_upload() returns trigger language plpgsql security definer set search_path = '' as $$ begin
      insert into public.files values (new.id, new.bucket_id, new.path_tokens[2]); return new; end $$;
    create trigger on_upload after insert on storage.objects for each row execute function public.on_upload();
    drop policy if exists nothing on storage.objects;
    comment on policy own on storage.objects is 'x';
    grant all on table storage.s3_multipart_uploads to postgres;`)
  await database.script(
    `${claims};
     insert into storage.objects (bucket_id, name, owner_id, metadata) values ('a', '${user}/x.png', '${user}', '{"size": 12}')`,
    'authenticated',
  )
  const denied = `do $$ begin perform set_config('request.jwt.claims', '{"sub": "${user}"}', true);
    insert into storage.objects (bucket_id, name) values ('a', 'other/x.png'); end $$`
  expect(await database.refusal(denied, 'authenticated')).toMatch(/^42501 .*row-level security/)
  expect(await database.rows(`select bucket, name from public.files`)).toEqual([
    { bucket: 'a', name: 'x.png' },
  ])
  expect(await database.rows(`select id from storage.buckets`, 'anon')).toEqual([{ id: 'a' }])
  expect(await database.rows(`select name from storage.objects`, 'anon')).toEqual([])
  expect(await database.rows(`select * from storage.get_size_by_bucket()`)).toEqual([
    { size: 12, bucket_id: 'a' },
  ])
})

test('rows are not deleted but by the API, by nobody', async () => {
  for (const role of ['postgres', 'service_role', 'authenticated', 'supabase_storage_admin'])
    for (const table of ['objects', 'buckets'])
      expect(await database.refusal(`delete from storage.${table} where false`, role)).toMatch(
        /^42501 Direct deletion from storage tables is not allowed. Use the Storage API instead./,
      )
  await database.script(
    `select set_config('storage.allow_delete_query', 'true', true);
     delete from public.files; delete from storage.objects`,
  )
})

test('names are taken apart, lengths are bounded, updates are stamped', async () => {
  expect(
    await database.rows(`select name, storage.foldername(name) as folder, storage.filename(name) as file,
      storage.extension(name) as extension from (values ('a/b/c.tar.gz'), ('c'), ('a/'), ('')) as v (name)`),
  ).toEqual([
    { name: 'a/b/c.tar.gz', folder: ['a', 'b'], file: 'c.tar.gz', extension: 'gz' },
    { name: 'c', folder: [], file: 'c', extension: 'c' },
    { name: 'a/', folder: ['a'], file: '', extension: '' },
    { name: '', folder: [], file: null, extension: null },
  ])
  expect(
    await database.refusal(
      `insert into storage.buckets (id, name) values ('long', repeat('x', 101))`,
    ),
  ).toMatch(/^P0001 bucket name .* is too long \(101 characters\)\. Max is 100\./)
  expect(
    await database.rows(`with now as (select set_config('storage.operation', 'storage.object.list', true))
      select storage.allow_only_operation('object.list') as short, storage.allow_only_operation('storage.object.list') as long,
        storage.allow_only_operation('object.get') as other, storage.allow_any_operation(array['x', 'object.list']) as one,
        storage.allow_only_operation('') as nothing, storage.allow_any_operation(null) as none from now`),
  ).toEqual([{ short: true, long: true, other: false, one: true, nothing: false, none: false }])
  expect(
    await database.refusal(`select storage.can_insert_object('a', 'probe', null, '{}')`),
  ).toMatch(/^PT200 ROLLBACK/)
})

test('listings go by folders, in both directions, from any place', async () => {
  await database.script(`insert into storage.buckets (id, name) values ('list', 'list');
    insert into storage.objects (bucket_id, name) select 'list', name from unnest(array[
      'a', 'a-b', 'a/1', 'a/2/x', 'a/2/y', 'a0', 'B/1', 'b/2', 'c_d', 'cxd', 'é/1']) as name`)
  const names = async (call: string): Promise<unknown[]> =>
    (await database.rows<{ name: unknown }>(`select * from storage.${call}`)).map(
      ({ name }) => name,
    )
  const all = ['B', 'a', 'a-b', 'a', 'a0', 'b', 'c_d', 'cxd', 'é']
  const list = (rest: string): string => `list_objects_with_delimiter('list', ${rest})`
  expect(await names(list(`'', '/'`))).toEqual(all)
  expect(await names(list(`'', '/', sort_order => 'desc'`))).toEqual(all.toReversed())
  expect(await names(list(`'', '/', 3`))).toEqual(all.slice(0, 3))
  expect(await names(list(`'', '/', 100, 'a0'`))).toEqual(all.slice(5))
  expect(await names(list(`'', '/', 100, 'b'`))).toEqual(all.slice(6))
  expect(await names(list(`'', '/', 100, '', 'b', 'desc'`))).toEqual(all.slice(0, 5).toReversed())
  expect(await names(list(`'a/', '/'`))).toEqual(['a/1', 'a/2'])
  expect(await names(list(`'c_', '/'`))).toEqual(['c_d'])
  const lower = ['a', 'a-b', 'a', 'a0', 'B', 'c_d', 'cxd', 'é']
  expect(await names(`search('', 'list')`)).toEqual(lower)
  expect(await names(`search('', 'list', sortorder => 'desc')`)).toEqual(
    lower.toReversed().map((name) => (name === 'B' ? 'b' : name)),
  )
  expect(await names(`search('', 'list', 2, 1, 3)`)).toEqual(['a0', 'B'])
  expect(await names(`search('A/', 'list')`)).toEqual(['1', '2'])
  expect(await names(`search('a/', 'list', search => '2/')`)).toEqual(['2/x', '2/y'])
  expect(await names(`search('', 'list', sortcolumn => 'created_at')`)).toEqual([
    'a',
    'B',
    'é',
    'a',
    'a-b',
    'a0',
    'c_d',
    'cxd',
  ])
  expect(
    await database.rows(
      `select key, name, id is null as folder from storage.search_v2('a/', 'list', 10, 2)`,
    ),
  ).toEqual([
    { key: '1', name: 'a/1', folder: false },
    { key: '2', name: 'a/2', folder: true },
  ])
  expect(
    await names(
      `search_v2('', 'list', sort_column => 'created_at', start_after => 'a0', sort_column_after => (
        select created_at::text from storage.objects where bucket_id = 'list' limit 1))`,
    ),
  ).toEqual([])
  expect(
    await names(`search_v2('', 'list', sort_column => 'created_at', sort_order => 'desc')`),
  ).toEqual(['é', 'cxd', 'c_d', 'b', 'a0', 'a-b', 'a', 'a', 'B'])
  await database.script(`insert into storage.s3_multipart_uploads (id, upload_signature, bucket_id, key, version)
    values ('1', 's', 'list', 'd/1', 'v'), ('2', 's', 'list', 'd/2', 'v'), ('3', 's', 'list', 'e', 'v')`)
  expect(
    await database.rows(
      `select key, id from storage.list_multipart_uploads_with_delimiter('list', '', '/')`,
    ),
  ).toEqual([
    { key: 'd/', id: '1' },
    { key: 'e', id: '3' },
  ])
})
