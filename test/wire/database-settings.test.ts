/** `alter role authenticator set pgrst.…`: what the database says of the data API, over config.toml. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { executeDirectly, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

const schema = `
  create schema api; grant usage on schema api to anon, authenticated, service_role;
  create table api.things (id int primary key); grant all on api.things to anon;
  insert into api.things select generate_series(1, 20);
  create table public.others (id int primary key); grant all on public.others to anon;
  insert into public.others values (1);
  create function public.check_factor() returns void language plpgsql as $$ begin
    if current_setting('request.headers', true)::json ->> 'x-factor' is distinct from 'second'
    then raise sqlstate 'PGRST' using message = '{"code":"mfa","message":"second factor"}',
      detail = '{"status":403,"headers":{}}'; end if; end $$;
`
let server: TestPlatform
let database: string
beforeAll(async () => {
  server = await startTestPlatform({ schema })
  database = new URL(server.databaseUrl).pathname.slice(1)
})
afterAll(() => server.close())

/** In this database only: roles are shared with the tests beside this one. */
async function set(...settings: readonly string[]): Promise<void> {
  const role = `alter role authenticator in database ${database}`
  await executeDirectly(
    server.databaseUrl,
    `${role} reset all`,
    ...settings.map((setting) => `${role} set ${setting}`),
    `notify pgrst, 'reload config'`,
  )
}
const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  server.platform.fetch(`http://in.process/rest/v1/${path}`, {
    headers: { apikey: server.platform.keys.publishableKey, ...headers },
  })
const statusOf = async (path: string): Promise<number> => (await get(path)).status

test('schemas, the most rows and the way transactions end are those of the database', async () => {
  expect(await statusOf('things')).toBe(404)
  await set(`pgrst.db_schemas = 'api'`, `pgrst.db_max_rows = '7'`)
  await expect.poll(() => statusOf('things')).toBe(200)
  expect(await statusOf('others')).toBe(404)
  expect(await (await get('things')).json()).toHaveLength(7)
  await set()
  await expect.poll(() => statusOf('others')).toBe(200)
  expect(await statusOf('things')).toBe(404)
})

test('a pre-request refuses who has not shown a second factor, at once and after a restart of the data API', async () => {
  await set(`pgrst.db_pre_request = 'public.check_factor'`)
  await expect.poll(() => statusOf('others')).toBe(403)
  expect((await get('others', { 'x-factor': 'second' })).status).toBe(200)
  await set()
  await expect.poll(() => statusOf('others')).toBe(200)
})

test('Prefer: tx=rollback where the database allows it', async () => {
  const insert = async (): Promise<string | null> => {
    const response = await server.platform.fetch('http://in.process/rest/v1/others', {
      method: 'POST',
      headers: {
        apikey: server.platform.keys.publishableKey,
        'content-type': 'application/json',
        prefer: 'tx=rollback',
      },
      body: '{"id":99}',
    })
    return response.status === 201 ? response.headers.get('preference-applied') : 'conflict'
  }
  await set(`pgrst.db_tx_end = 'commit-allow-override'`)
  const applied = async (): Promise<string | null> =>
    (await get('others', { prefer: 'tx=rollback' })).headers.get('preference-applied')
  await expect.poll(applied).toBe('tx=rollback')
  expect(await insert()).toBe('tx=rollback')
  expect(await (await get('others?id=eq.99')).json()).toEqual([])
  await set()
})

test('a value that is none is left out, with a warning', async () => {
  await set(`pgrst.db_max_rows = 'many'`, `pgrst.db_schemas = 'api'`)
  await expect.poll(() => statusOf('things')).toBe(200)
  expect(await (await get('things')).json()).toHaveLength(20)
  expect(server.logged).toContainEqual(
    expect.objectContaining({ level: 'warn', key: 'pgrst.db_max_rows' }),
  )
  await set()
  await expect.poll(() => statusOf('others')).toBe(200)
})
