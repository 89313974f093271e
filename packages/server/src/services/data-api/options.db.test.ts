import { afterEach, expect, test } from 'vitest'
import { openDataApi } from './open-data-api.fixture.ts'
import type { DataApiFixture } from './open-data-api.fixture.ts'
import { defaultOptions } from './options.ts'
import type { OpenApiOptions } from './describe/openapi-options.ts'

const schema = `
  create table public.open_table (id int primary key);
  create table public.hidden_table (id int primary key);
  create table public.parents (id int primary key);
  create table public.children (id int primary key, parent_id int references public.parents, name text);
  insert into public.parents values (1);
  insert into public.children values (1, 1, 'a'), (2, 1, 'b');
  revoke all on public.hidden_table from anon;
  create function public.own_root() returns json language sql stable as $$ select '{"swagger":"2.0","mine":true}'::json $$;`

let api: DataApiFixture
afterEach(() => api.close())

const withOpenApi = (openApi: Partial<OpenApiOptions>) => ({
  openApi: { ...defaultOptions.openApi, ...openApi },
})
const paths = (json: unknown): string[] => Object.keys((json as { paths: object }).paths)

test('the root describes what the caller may use, at the URL clients use', async () => {
  api = await openDataApi({ schema, api: withOpenApi({ proxyUri: 'https://api.example.com/v1' }) })
  const { json, headers } = await api.call('GET', '/')
  expect(headers['content-type']).toBe('application/openapi+json; charset=utf-8')
  expect(paths(json)).toContain('/open_table')
  expect(paths(json)).not.toContain('/hidden_table')
  expect(json).toMatchObject({ host: 'api.example.com', basePath: '/v1', schemes: ['https'] })
  expect(json).not.toHaveProperty('security')
})

test('`ignore-privileges` describes everything, `security` asks for a token', async () => {
  api = await openDataApi({
    schema,
    api: withOpenApi({ mode: 'ignore-privileges', security: true }),
  })
  const { json } = await api.call('GET', '/')
  expect(paths(json)).toContain('/hidden_table')
  expect(json).toMatchObject({ security: [{ JWT: [] }] })
})

test('`disabled` answers 404 PGRST126', async () => {
  api = await openDataApi({ schema, api: withOpenApi({ mode: 'disabled' }) })
  expect(await api.call('GET', '/')).toMatchObject({
    status: 404,
    json: { code: 'PGRST126', message: 'Root endpoint metadata is disabled' },
  })
})

test("a root function answers instead, under either media type's name", async () => {
  api = await openDataApi({ schema, api: { rootSpec: 'own_root' } })
  for (const accept of ['application/openapi+json', 'application/json']) {
    const answer = await api.call('GET', '/', { headers: { accept } })
    expect(answer).toMatchObject({ status: 200, json: { mine: true } })
    expect(answer.headers['content-type']).toBe(`${accept}; charset=utf-8`)
  }
})

const byRelation = '/parents?select=id,kids:children(name)&children.name=eq.a'

test('an aliased embed may be named by its relation, with a warning', async () => {
  api = await openDataApi({ schema })
  const answer = await api.call('GET', byRelation)
  expect(answer.json).toEqual([{ id: 1, kids: [{ name: 'a' }] }])
  expect(answer.headers['warning']).toMatch(/^299 .*Update `children` to `kids`/)
  const exact = await api.call('GET', byRelation.replace('&children', '&kids'))
  expect(exact.headers).not.toHaveProperty('warning')
})

test('without legacy target names it is PGRST108 and says what to write', async () => {
  api = await openDataApi({ schema, api: { legacyTargetNames: false } })
  expect(await api.call('GET', byRelation)).toMatchObject({
    status: 400,
    json: { code: 'PGRST108', hint: "Change 'children' to 'kids' in filters, orders or limits." },
  })
})

test('safe update: a whole table is neither updated nor deleted for want of a filter', async () => {
  api = await openDataApi({ schema, api: { safeUpdate: true } })
  const all = { json: { name: 'x' } }
  expect(await api.call('PATCH', '/children', all)).toMatchObject({
    status: 400,
    json: { code: '21000', message: 'UPDATE requires a WHERE clause' },
  })
  expect(await api.call('DELETE', '/children')).toMatchObject({
    status: 400,
    json: { code: '21000', message: 'DELETE requires a WHERE clause' },
  })
  expect((await api.call('GET', '/children?select=name')).json).toEqual([
    { name: 'a' },
    { name: 'b' },
  ])
  expect(await api.call('PATCH', '/children?id=eq.1', all)).toMatchObject({ status: 204 })
})
