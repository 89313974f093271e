/** SQL that a project can replace never runs in a session that leads to more than the project's owner has (ARCHITECTURE.md, logins). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

/** What the project's owner installs: a probe that tries every way up, called from each place that runs code unasked. */
const schema = `
  grant create on schema public to postgres;
  set local role postgres;
  create table public.probes (place text, who text, reached text, is_superuser text);
  grant all on public.probes to public;
  create function public.probe(place text) returns boolean language plpgsql as $$
  declare
    step text;
    before text := current_user;
  begin
    foreach step in array array['reset role', 'reset session authorization', 'set role none',
      'set session authorization default']
      || (select array_agg(format('set role %I', rolname)) from pg_roles)
      || (select array_agg(format('set session authorization %I', rolname)) from pg_roles)
      || array['alter role current_user superuser', 'create role risen superuser']
    loop
      begin
        execute step;
        insert into public.probes values (place, session_user, format('%s: %s', step, current_user), current_setting('is_superuser'));
      exception when others then null;
      end;
    end loop;
    execute format('set role %I', before);
    return true;
  end $$;
  grant execute on function public.probe(text) to public;
  create function public.probing() returns trigger language plpgsql as $$ begin
    perform public.probe(tg_argv[0]); return coalesce(new, old); end $$;
  grant execute on function public.probing() to public;
  create table public.notes (id int generated always as identity primary key,
    v text default case when public.probe('default') then 'x' end,
    check (public.probe('check') or v is null));
  alter table public.notes enable row level security;
  create policy see on public.notes using (public.probe('policy')) with check (public.probe('policy'));
  create trigger probing before insert on public.notes for each row execute function public.probing('trigger');
  create constraint trigger probing_late after insert on public.notes deferrable initially deferred
    for each row execute function public.probing('deferred trigger');
  grant all on public.notes to anon, authenticated, service_role;
  create view public.shown with (security_invoker) as select id, public.probe('view') as v from public.notes;
  grant select on public.shown to anon, authenticated, service_role;
  create function public.read_shown() returns bigint language sql as $$ select count(*) from public.shown where v $$;
  create function public.hook(event jsonb) returns jsonb language plpgsql as $$ begin
    perform public.probe('hook'); return event; end $$;
  grant execute on function public.hook(jsonb) to supabase_auth_admin;
  create or replace function realtime.basalt_keep_partitions(ahead integer default 3) returns void
    language plpgsql as $$ begin perform public.probe('keeping of partitions'); end $$;
  reset role;
  create trigger probing before insert or update on auth.users for each row execute function public.probing('trigger on auth.users');
  create constraint trigger probing_late after insert on auth.users deferrable initially deferred
    for each row execute function public.probing('deferred trigger on auth.users');
  create trigger probing after insert on auth.sessions for each row execute function public.probing('trigger on auth.sessions');
  create trigger probing before insert or update or delete on storage.objects
    for each row execute function public.probing('trigger on storage.objects');
  create constraint trigger probing_late after insert on storage.objects deferrable initially deferred
    for each row execute function public.probing('deferred trigger on storage.objects');
  create trigger probing before insert on storage.buckets for each row execute function public.probing('trigger on storage.buckets');
  create trigger probing after insert on storage.s3_multipart_uploads
    for each row execute function public.probing('trigger on storage.s3_multipart_uploads');
  alter table storage.objects add column probed boolean default public.probe('default in storage.objects');
  create policy probing on storage.objects to anon
    using (public.probe('policy of storage.objects')) with check (public.probe('policy of storage.objects'));
  alter table auth.identities add column probed boolean default public.probe('default in auth.identities');
`

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    schema,
    config: {
      'auth.hook': {
        custom_access_token: {
          enabled: true,
          uri: 'pg-functions://postgres/public/hook',
          secrets: '',
        },
      },
      'auth.email.enable_confirmations': false,
    },
  })
})
afterAll(() => server?.close())

const send = (method: string, path: string, body?: unknown, key?: string): Promise<Response> =>
  server.platform.fetch(`${server.url}${path}`, {
    method,
    headers: {
      apikey: key ?? server.platform.keys.secretKey,
      'content-type': 'application/json',
      prefer: 'return=representation',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe('every place that runs SQL of the project', () => {
  test('is reached', async () => {
    const anonymous = { email: 'a@example.com', password: 'secret-password' }
    expect((await send('POST', '/auth/v1/signup', anonymous)).status).toBe(200)
    expect((await send('POST', '/auth/v1/token?grant_type=password', anonymous)).status).toBe(200)
    expect((await send('POST', '/rest/v1/notes', {})).status).toBe(201)
    expect((await send('GET', '/rest/v1/notes')).status).toBe(200)
    const { publishableKey } = server.platform.keys
    expect((await send('POST', '/rest/v1/notes', {}, publishableKey)).status).toBe(201)
    expect((await send('POST', '/rest/v1/rpc/read_shown', {})).status).toBe(200)
    expect((await send('POST', '/rest/v1/rpc/probe', { place: 'rpc' })).status).toBe(200)
    expect((await send('POST', '/storage/v1/bucket', { name: 'files' })).status).toBe(200)
    for (const key of [server.platform.keys.secretKey, publishableKey]) {
      const path = `/storage/v1/object/files/${key.slice(-5)}`
      expect((await send('POST', path, {}, key)).status).toBe(200)
      expect((await send('DELETE', path, undefined, key)).status).toBe(200)
    }
    const begun = await server.platform.fetch(`${server.url}/storage/v1/upload/resumable`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
        'tus-resumable': '1.0.0',
        'upload-length': '1',
        'upload-metadata': `bucketName ${btoa('files')},objectName ${btoa('b')}`,
      },
    })
    expect(begun.status).toBe(201)
  })

  test.each([
    'default',
    'check',
    'trigger',
    'deferred trigger',
    'view',
    'policy',
    'rpc',
    'hook',
    'trigger on auth.users',
    'deferred trigger on auth.users',
    'trigger on auth.sessions',
    'default in auth.identities',
    'keeping of partitions',
    'trigger on storage.objects',
    'deferred trigger on storage.objects',
    'trigger on storage.buckets',
    'trigger on storage.s3_multipart_uploads',
    'default in storage.objects',
    'policy of storage.objects',
  ])('%s: runs, and rises to nothing', async (place) => {
    const where = `from public.probes where place = '${place}'`
    expect(await server.count(`select count(*)::int as n ${where}`)).toBeGreaterThan(0)
    expect(await server.count(`select count(*)::int as n ${where} and is_superuser <> 'off'`)).toBe(
      0,
    )
    expect(
      await server.count(`select count(*)::int as n ${where}
        and who not in ('authenticator', 'supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin')`),
    ).toBe(0)
    expect(
      await server.count(
        `select count(*)::int as n ${where} and (reached like 'alter%' or reached like 'create%')`,
      ),
    ).toBe(0)
  })

  test('no role that is more than the owner was reached', async () => {
    expect(
      await server.count(`select count(*)::int as n from public.probes, pg_roles
        where rolname = split_part(reached, ': ', 2)
          and (rolsuper or rolname in ('postgres', 'pg_execute_server_program', 'pg_read_server_files'))`),
    ).toBe(0)
    expect(
      await server.count(`select count(*)::int as n from pg_roles where rolname = 'risen'`),
    ).toBe(0)
  })
})
