import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDataApi } from './open-data-api.fixture.ts'
import type { DataApiFixture } from './open-data-api.fixture.ts'

/** Ways for a project's SQL to leave something in the session, reached through each kind of object. */
const schema = `
  create table plain (id int generated always as identity primary key, v text);
  create table triggered (id int generated always as identity primary key, v text);
  create table defaulted (id int generated always as identity primary key, v text default set_config('app.left', 'default', false));
  create table checked (id int generated always as identity primary key, v text,
    check (set_config('app.left', 'check', false) is not null));
  create table guarded (id int primary key, v text);
  insert into guarded values (1, 'a');
  alter table guarded enable row level security;

  create function leave(what text) returns text language plpgsql volatile as
    $$ begin perform set_config('app.left', what, false); perform set_config('response.status', '418', false); return what; end $$;
  create function leave_stable() returns text language sql stable as $$ select set_config('app.left', 'stable', false) $$;
  create function leave_by_body() returns text language sql volatile return set_config('app.left', 'body', false);
  create function helper() returns text language sql as $$ select leave('helper') $$;
  create function outer_helper() returns text language sql as $$ select helper() $$;
  create function dynamic() returns void language plpgsql as
    $$ begin execute 'set app' || '."left" = ''dynamic'''; end $$;
  create function temporary() returns void language plpgsql as
    $$ begin create temp table plain (id int, v text); insert into plain values (1, 'planted'); end $$;
  create function locking() returns void language sql as $$ select pg_advisory_lock(42) $$;
  create function forgetting() returns void language plpgsql as $$ begin execute 'deallocate all'; end $$;
  create function on_insert() returns trigger language plpgsql as $$ begin perform leave('trigger'); return new; end $$;
  create trigger on_insert before insert on triggered for each row execute function on_insert();
  create function may_see() returns boolean language sql as $$ select leave('policy') is not null $$;
  create policy see on guarded using (may_see());
  create view shown as select id, set_config('app.left', 'view', false) as v from plain;
  create function computed(plain) returns text language sql stable as $$ select leave_stable() $$;
  create function left_over() returns json language sql stable as $$ select json_build_object(
    'left', coalesce(current_setting('app.left', true), ''),
    'locks', (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())) $$;
  create function harmless() returns text language sql volatile as
    $$ select set_config('response.headers', '[]', true); select 'done' $$;
  insert into plain (v) values ('a');
  grant all on all tables in schema public to anon;
`

let api: DataApiFixture
beforeAll(async () => {
  api = await openDataApi({ schema, maxConnections: 1 })
})
afterAll(() => api.close())

describe('nothing of one request reaches the next', () => {
  test.each([
    ['a function', 'POST', '/rpc/leave', { what: 'x' }],
    ['a stable function', 'GET', '/rpc/leave_stable', undefined],
    ['a function with a parsed body', 'POST', '/rpc/leave_by_body', {}],
    ['a function that calls one that does', 'POST', '/rpc/outer_helper', {}],
    ['dynamic SQL', 'POST', '/rpc/dynamic', {}],
    ['a temporary table', 'POST', '/rpc/temporary', {}],
    ['a session lock', 'POST', '/rpc/locking', {}],
    ['deallocate', 'POST', '/rpc/forgetting', {}],
    ['a trigger', 'POST', '/triggered', { v: 'a' }],
    ['a default', 'POST', '/defaulted', {}],
    ['a check', 'POST', '/checked', { v: 'a' }],
    ['a policy', 'GET', '/guarded', undefined],
    ['a view', 'GET', '/shown', undefined],
    ['a computed column', 'GET', '/plain?select=id,computed', undefined],
  ])('by %s', async (_, method, target, json) => {
    // twice: the second time it is prepared, and known to be cheap
    for (let i = 0; i < 6; i++) {
      const answer = await api.call(method, target, json === undefined ? {} : { json })
      expect([200, 201, 204, 418], answer.text).toContain(answer.status)
      const left = await api.call('GET', '/rpc/left_over')
      expect(left).toMatchObject({ status: 200, json: { left: '', locks: 0 } })
      expect((await api.call('GET', '/plain?select=v')).json).toEqual([{ v: 'a' }])
    }
  })

  test('a client transaction leaves nothing either', async () => {
    const steps = [{ method: 'POST', path: '/rpc/leave', body: { what: 'step' } }]
    const answer = await api.call('POST', '/rpc/transaction', { json: { steps } })
    expect(answer.status, answer.text).toBeLessThan(500)
    expect((await api.call('GET', '/rpc/left_over')).json).toEqual({ left: '', locks: 0 })
  })
})
