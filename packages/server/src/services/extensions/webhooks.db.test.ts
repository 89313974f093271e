/** Database webhooks: a row of a table as a request, recorded in hooks; pg_net comes with the first of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'
import { startServer, startWorker } from './worker.fixture.ts'
import type { TestServer, TestWorker } from './worker.fixture.ts'

let database: ExtensionDatabase
let worker: TestWorker
let server: TestServer
const bodies: unknown[] = []

beforeAll(async () => {
  database = await openExtensionDatabase()
  worker = await startWorker(database)
  server = await startServer((request, response, body) => {
    if (body !== '') bodies.push(JSON.parse(body))
    response.end(request.headers['x-own'] as string | undefined)
  })
  await database.script(`
    create table public.rows (id int primary key, name text);
    grant all on public.rows to authenticated;
    create trigger told after insert or update or delete on public.rows for each row
      execute function supabase_functions.http_request('${server.url}/hook', 'POST', '{"Content-Type":"application/json","X-Own":"1"}', '{"a":"b"}', '1000');
    create trigger asked after insert on public.rows for each row
      execute function supabase_functions.http_request('${server.url}/get', 'GET');`)
})
afterAll(async () => {
  await worker.close()
  await server.close()
  await database.close()
})

test('a row that an API role writes is told, old and new', async () => {
  await database.rows(`insert into public.rows values (1, 'one')`, 'authenticated')
  await expect.poll(() => server.requests.toSorted()).toEqual(['GET /get', 'POST /hook?a=b'])
  await database.script(`update public.rows set name = 'two'; delete from public.rows`)
  await expect.poll(() => bodies).toHaveLength(3)
  const common = { table: 'rows', schema: 'public' }
  expect(bodies).toEqual(
    expect.arrayContaining([
      { ...common, type: 'INSERT', record: { id: 1, name: 'one' }, old_record: null },
      {
        ...common,
        type: 'UPDATE',
        record: { id: 1, name: 'two' },
        old_record: { id: 1, name: 'one' },
      },
      { ...common, type: 'DELETE', record: null, old_record: { id: 1, name: 'two' } },
    ]),
  )
  expect(
    await database.rows(`
      select hook_name, count(*) as n, bool_and(request_id is not null) as known from supabase_functions.hooks
      where hook_table_id = 'public.rows'::regclass::int group by 1 order by 1`),
  ).toEqual([
    { hook_name: 'asked', n: 1, known: true },
    { hook_name: 'told', n: 3, known: true },
  ])
})

test('a trigger without its arguments says which is missing', async () => {
  await database.script(`
    create table public.wrong (id int);
    create trigger t after insert on public.wrong for each row execute function supabase_functions.http_request('http://x');`)
  expect(await database.refusal('insert into public.wrong values (1)')).toMatch(
    /method argument is missing/,
  )
})

test('the function does not run as the superuser', async () => {
  expect(
    await database.rows(
      `select proowner::regrole::text as owner from pg_proc where oid = 'supabase_functions.http_request()'::regprocedure`,
    ),
  ).toEqual([{ owner: 'supabase_functions_admin' }])
  expect(
    await database.refusal('select supabase_functions.basalt_ensure_net()', 'authenticated'),
  ).toMatch(/^42501/)
})
