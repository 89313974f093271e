import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDataApi } from './open-data-api.fixture.ts'
import type { Answer, CallOptions, DataApiFixture } from './open-data-api.fixture.ts'
import { alice, bob, service, testSchema } from './test-schema.fixture.ts'

let api: DataApiFixture
beforeAll(async () => {
  api = await openDataApi({ schema: testSchema })
})
afterAll(() => api.close())

const get = (target: string, options: CallOptions = {}): Promise<Answer> =>
  api.call('GET', target, { as: service, ...options })
const rows = async (target: string, options: CallOptions = {}): Promise<unknown> => {
  const answer = await get(target, options)
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer.json
}
const full = { prefer: 'return=representation' }
const singular = { accept: 'application/vnd.pgrst.object+json' }

describe('reading', () => {
  test('select picks, renames, casts and follows JSON', async () => {
    await api.script(`insert into notes (id, owner, title, data) overriding system value
      values (900, '${alice.sub}', 'json', '{"a":{"b":[1,2]},"s":"x"}')`)
    expect(
      await rows(
        '/notes?id=eq.900&select=id,name:title,id::text,data->a->b->0,data->>s,last:data->a->b->>-1',
      ),
    ).toEqual([{ id: '900', name: 'json', b: 1, s: 'x', last: '2' }])
    await api.script('delete from notes where id = 900')
  })

  test.each([
    ['id=eq.1', [1]],
    ['id=neq.1', [2, 3, 4]],
    ['id=gt.3', [4]],
    ['id=gte.3', [3, 4]],
    ['id=lt.2', [1]],
    ['id=lte.2', [1, 2]],
    ['id=in.(1,3)', [1, 3]],
    ['id=not.in.(1,3)', [2, 4]],
    ['id=in.()', []],
    ['id=eq(any).{1,2}', [1, 2]],
    ['id=gt(all).{1,2}', [3, 4]],
    ['name=like.*eta', [2]],
    ['name=ilike.*ETA', [2]],
    ['name=like(any).{al*,be*}', [1, 2]],
    ['name=match.^.e', [2, 4]],
    ['name=imatch.^.E', [2, 4]],
    ['name=not.like.*a', []],
    ['client_id=is.null', [4]],
    ['client_id=is.not_null', [1, 2, 3]],
    ['client_id=not.is.null', [1, 2, 3]],
    ['client_id=isdistinct.1', [3, 4]],
    ['or=(id.eq.1,id.eq.2)', [1, 2]],
    ['not.or=(id.eq.1,id.eq.2)', [3, 4]],
    ['and=(id.gt.1,or(name.eq.beta,name.eq.gamma))', [2, 3]],
    ['or=(name.eq."beta",id.in.(1))', [1, 2]],
    ['id=gt.1&id=lt.4', [2, 3]],
    ['name=eq.100%25', []],
  ])('filter %s', async (filter, ids) => {
    const found = await rows(`/projects?select=id&order=id&${filter}`)
    expect((found as { id: number }[]).map(({ id }) => id)).toEqual(ids)
  })

  test.each([
    ['at=cs.[2026-01-15,2026-01-16)', [1]],
    ['at=cd.[2026-01-01,2026-03-01)', [1]],
    ['at=ov.[2026-01-15,2026-03-15)', [1, 2]],
    ['at=sl.[2026-02-15,2026-02-20)', [1]],
    ['at=sr.[2026-02-15,2026-02-20)', [2]],
    ['at=nxr.[2026-01-15,2026-02-15)', [1]],
    ['at=nxl.[2026-02-15,2026-04-15)', [2]],
    ['at=adj.[2026-02-01,2026-02-10)', [1]],
    ['doc=fts(english).cats', [1]],
    ['doc=plfts(english).thin%20dogs', [2]],
    ['doc=phfts(english).fat%20cat', [1]],
    ['doc=wfts(english).cat%20or%20dog', [1, 2]],
    ['words=fts(english).dogs', [2]],
  ])('operator %s', async (filter, ids) => {
    const found = await rows(`/events?select=id&order=id&${filter}`)
    expect((found as { id: number }[]).map(({ id }) => id)).toEqual(ids)
  })

  test('order puts nulls where asked', async () => {
    expect(await rows('/projects?select=id&order=client_id.desc.nullslast,id.desc')).toEqual([
      { id: 3 },
      { id: 2 },
      { id: 1 },
      { id: 4 },
    ])
  })

  test('limit and offset page, Content-Range tells where', async () => {
    const answer = await get('/projects?select=id&order=id&limit=2&offset=1')
    expect(answer.json).toEqual([{ id: 2 }, { id: 3 }])
    expect(answer.headers).toMatchObject({
      'content-range': '1-2/*',
      'content-location': '/projects?limit=2&offset=1&order=id&select=id',
      'content-type': 'application/json; charset=utf-8',
    })
  })

  test('an exact count makes a partial page 206 and an offset behind the end 416', async () => {
    const headers = { prefer: 'count=exact', range: '0-1' }
    const page = await get('/projects?select=id&order=id', { headers })
    expect(page.status).toBe(206)
    expect(page.headers).toMatchObject({
      'content-range': '0-1/4',
      'preference-applied': 'count=exact',
    })
    const beyond = await get('/projects?offset=9', { headers: { prefer: 'count=exact' } })
    expect(beyond.status).toBe(416)
    expect(beyond.json).toMatchObject({
      code: 'PGRST103',
      details: 'An offset of 9 was requested, but there are only 4 rows.',
    })
    expect(beyond.headers['content-range']).toBe('*/4')
  })

  test('a planned and an estimated count ask the planner', async () => {
    await api.script('analyze projects')
    for (const count of ['planned', 'estimated']) {
      const { headers } = await get('/projects?limit=1', { headers: { prefer: `count=${count}` } })
      expect(headers['content-range']).toBe('0-0/4')
    }
  })

  test('HEAD answers the headers without a body', async () => {
    const headers = { prefer: 'count=exact' }
    const answer = await api.call('HEAD', '/projects', { as: service, headers })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers['content-range']).toBe('0-3/4')
  })

  test('one object where one is asked for, 406 for none or several', async () => {
    expect(await rows('/projects?id=eq.1&select=id', { headers: singular })).toEqual({ id: 1 })
    for (const [query, found] of [
      ['id=eq.99', 0],
      ['id=lt.3', 2],
    ] as const) {
      const answer = await get(`/projects?${query}`, { headers: singular })
      expect(answer.status).toBe(406)
      expect(answer.json).toMatchObject({
        code: 'PGRST116',
        details: `The result contains ${found} rows`,
      })
    }
  })

  test('nulls are stripped on request, CSV is served', async () => {
    const stripped = { accept: 'application/vnd.pgrst.array+json;nulls=stripped' }
    expect(await rows('/projects?id=eq.4&select=id,client_id', { headers: stripped })).toEqual([
      { id: 4 },
    ])
    const csv = await get('/tasks?select=id,name&order=id&id=gt.2', {
      headers: { accept: 'text/csv' },
    })
    expect(csv.text).toBe('id,name\n3,test\n4,')
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
  })

  test('names that need quoting work everywhere', async () => {
    const column = encodeURIComponent('"sel,ect"')
    expect(
      await rows(
        `/we%20ird?select=${column},${encodeURIComponent('"quo\\"te"')},${encodeURIComponent('"a.b"')}&${column}=eq.x&order=${encodeURIComponent('"a.b"')}`,
      ),
    ).toEqual([{ 'sel,ect': 'x', 'quo"te': 'y', 'a.b': 'z' }])
  })

  test('a computed column is selected and filtered like any other', async () => {
    expect(await rows('/clients?select=shout&shout=eq.ACME')).toEqual([{ shout: 'ACME' }])
  })

  test('max_rows bounds every level', async () => {
    const small = await openDataApi({ schema: testSchema, config: { 'api.max_rows': 2 } })
    try {
      const all = await small.call('GET', '/projects?select=id&order=id', { as: service })
      expect(all.json).toHaveLength(2)
      const more = await small.call('GET', '/projects?select=id&limit=3', { as: service })
      expect(more.json).toHaveLength(2)
      const one = await small.call('GET', '/projects?select=id&limit=1', { as: service })
      expect(one.json).toHaveLength(1)
    } finally {
      await small.close()
    }
  })

  test('aggregates group by what is not aggregated', async () => {
    expect(await rows('/projects?select=client_id,count(),id.max()&order=client_id')).toEqual([
      { client_id: 1, count: 2, max: 2 },
      { client_id: 2, count: 1, max: 3 },
      { client_id: null, count: 1, max: 4 },
    ])
    expect(await rows('/tasks?select=...projects(name,id.count())&project_id=eq.1')).toEqual([
      { name: 'alpha', count: 2 },
    ])
  })
})

describe('embedding', () => {
  test('many-to-one, one-to-many, one-to-one', async () => {
    expect(await rows('/projects?id=eq.1&select=id,clients(name),tasks(id),details(note)')).toEqual(
      [
        {
          id: 1,
          clients: { name: 'Acme' },
          tasks: [{ id: 1 }, { id: 2 }],
          details: { note: 'first' },
        },
      ],
    )
    expect(await rows('/projects?id=eq.4&select=id,clients(name),tasks(id),details(note)')).toEqual(
      [{ id: 4, clients: null, tasks: [], details: null }],
    )
  })

  test('many-to-many through its junction', async () => {
    expect(await rows('/people?select=name,tasks(id)&order=id&tasks.order=id')).toEqual([
      { name: 'ann', tasks: [{ id: 1 }, { id: 2 }] },
      { name: 'ben', tasks: [{ id: 2 }] },
    ])
  })

  test('filter, order and limit inside, at any depth', async () => {
    expect(
      await rows(
        '/clients?id=eq.1&select=name,projects(name,tasks(id))&projects.order=id.desc&projects.limit=1&projects.tasks.id=gt.1',
      ),
    ).toEqual([{ name: 'Acme', projects: [{ name: 'beta', tasks: [{ id: 3 }] }] }])
  })

  test('inner joins drop rows, and counts know it', async () => {
    const headers = { prefer: 'count=exact' }
    const answer = await get('/clients?select=id,projects!inner(id)&projects.name=eq.gamma', {
      headers,
    })
    expect(answer.json).toEqual([{ id: 2, projects: [{ id: 3 }] }])
    expect(answer.headers['content-range']).toBe('0-0/1')
    expect(await rows('/projects?select=id,clients!inner()&clients.name=eq.Bolt')).toEqual([
      { id: 3 },
    ])
  })

  test('rows with and without a related row', async () => {
    expect(await rows('/clients?select=id,projects()&projects=is.null')).toEqual([{ id: 3 }])
    expect(await rows('/projects?select=id,clients()&clients=not.is.null&order=id')).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ])
    expect(
      await rows('/projects?select=id,clients()&or=(clients.is.null,id.eq.1)&order=id'),
    ).toEqual([{ id: 1 }, { id: 4 }])
  })

  test('ordering by a related column', async () => {
    expect(
      await rows('/projects?select=id,clients(name)&order=clients(name).desc.nullslast,id&limit=2'),
    ).toEqual([
      { id: 3, clients: { name: 'Bolt' } },
      { id: 1, clients: { name: 'Acme' } },
    ])
  })

  test('a table related to itself gives children by its name and the parent by the column', async () => {
    expect(
      await rows('/folders?id=eq.2&select=name,children:folders(name),parent:parent_id(name)'),
    ).toEqual([{ name: 'a', children: [{ name: 'c' }], parent: { name: 'root' } }])
  })

  test('a hint chooses among several keys, and without one the answer lists them', async () => {
    expect(
      await rows(
        '/messages?id=eq.1&select=body,from:people!sender(name),to:people!messages_receiver_fkey(name)',
      ),
    ).toEqual([{ body: 'hi', from: { name: 'ann' }, to: { name: 'ben' } }])
    expect((await get('/messages?select=people(name)')).status).toBe(300)
  })

  test('spreads put a to-one into the row, and each column of a to-many into a list', async () => {
    expect(await rows('/projects?id=eq.1&select=id,...clients(client:name)')).toEqual([
      { id: 1, client: 'Acme' },
    ])
    expect(
      await rows('/clients?id=eq.1&select=id,...projects(names:name)&projects.order=id.desc'),
    ).toEqual([{ id: 1, names: ['beta', 'alpha'] }])
  })

  test('views have the relationships of the tables they show, views over views too', async () => {
    expect(await rows('/projects_view?pid=eq.1&select=title,clients(name)')).toEqual([
      { title: 'alpha', clients: { name: 'Acme' } },
    ])
    expect(await rows('/clients?id=eq.2&select=nested_view(pid)')).toEqual([
      { nested_view: [{ pid: 3 }] },
    ])
  })

  test('a function over a row is a relationship', async () => {
    expect(await rows('/clients?id=eq.1&select=name,open_projects(id)')).toEqual([
      { name: 'Acme', open_projects: [{ id: 1 }] },
    ])
  })
})

describe('writing', () => {
  const send = (method: string, target: string, options: CallOptions): Promise<Answer> =>
    api.call(method, target, { as: service, ...options })

  test('insert answers 201 without a body, with a Location on request', async () => {
    const plain = await send('POST', '/clients', { json: { id: 10, name: 'ten' } })
    expect(plain).toMatchObject({ status: 201, text: '' })
    expect(plain.headers['content-range']).toBe('*/*')
    const headers = { prefer: 'return=headers-only' }
    const located = await send('POST', '/pairs', { json: { a: 1, b: 2 }, headers })
    expect(located.headers['location']).toBe('/pairs?a=eq.1&b=eq.2')
    await send('DELETE', '/clients?id=eq.10', {})
  })

  test('a bulk insert returns its rows with embedded resources', async () => {
    const json = [
      { id: 20, name: 'x', client_id: 1 },
      { id: 21, name: 'y', client_id: null },
    ]
    const answer = await send('POST', '/projects?select=id,upper_name,clients(name)', {
      json,
      headers: full,
    })
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual([
      { id: 20, upper_name: 'X', clients: { name: 'Acme' } },
      { id: 21, upper_name: 'Y', clients: null },
    ])
    expect(answer.headers['preference-applied']).toBe('return=representation')
    await send('DELETE', '/projects?id=gte.20', {})
  })

  test('columns= ignores the rest of the body, missing=default fills gaps', async () => {
    const headers = { prefer: 'return=representation, missing=default' }
    const json = [
      { a: 5, b: 1, junk: true },
      { a: 5, b: 2, value: 'given' },
    ]
    const answer = await send('POST', '/pairs?columns=a,b,value&select=b,value&order=b', {
      json,
      headers,
    })
    expect(answer.json).toEqual([
      { b: 1, value: 'none' },
      { b: 2, value: 'given' },
    ])
    await send('DELETE', '/pairs?a=eq.5', {})
  })

  test('CSV and forms are inserted', async () => {
    const csv = { 'content-type': 'text/csv', ...full }
    const rowsOfCsv = await send('POST', '/pairs?select=a,value', {
      raw: 'a,b,value\n7,1,"x, y"\n7,2,NULL\n',
      headers: csv,
    })
    expect(rowsOfCsv.json).toEqual([
      { a: 7, value: 'x, y' },
      { a: 7, value: null },
    ])
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await send('POST', '/pairs', { raw: 'a=7&b=3', headers: form })).status).toBe(201)
    await send('DELETE', '/pairs?a=eq.7', {})
  })

  test('an upsert is 201 when something is new and 200 when nothing is', async () => {
    const headers = { prefer: 'resolution=merge-duplicates, return=representation' }
    const upsert = (json: unknown) => send('POST', '/pairs', { json, headers })
    const first = await upsert([{ a: 3, b: 1, value: 'v' }])
    expect([first.status, first.json]).toEqual([201, [{ a: 3, b: 1, value: 'v' }]])
    const again = await upsert([{ a: 3, b: 1, value: 'w' }])
    expect([again.status, again.json]).toEqual([200, [{ a: 3, b: 1, value: 'w' }]])
    expect(
      (
        await upsert([
          { a: 3, b: 1, value: 'w' },
          { a: 3, b: 2, value: 'n' },
        ])
      ).status,
    ).toBe(201)
    const ignore = { prefer: 'resolution=ignore-duplicates, return=representation' }
    const ignored = await send('POST', '/pairs', {
      json: { a: 3, b: 1, value: 'z' },
      headers: ignore,
    })
    expect(ignored.json).toEqual([])
    const byName = await send('POST', '/clients?on_conflict=name', {
      json: { id: 1, name: 'Acme' },
      headers,
    })
    expect(byName.status).toBe(200)
    await send('DELETE', '/pairs?a=eq.3', {})
  })

  test('PUT writes the one row its URL names', async () => {
    const put = (id: number, json: unknown) =>
      send('PUT', `/clients?id=eq.${id}`, { json, headers: full })
    expect((await put(30, { id: 30, name: 'thirty' })).status).toBe(201)
    expect((await put(30, { id: 30, name: 'XXX' })).json).toEqual([{ id: 30, name: 'XXX' }])
    expect((await put(30, { id: 31, name: 'other' })).json).toMatchObject({ code: 'PGRST115' })
    expect(await rows('/clients?id=gte.30&select=id')).toEqual([{ id: 30 }])
    await send('DELETE', '/clients?id=eq.30', {})
  })

  test('update changes what the filter finds, and nothing with an empty body', async () => {
    await send('POST', '/pairs', {
      json: [
        { a: 4, b: 1 },
        { a: 4, b: 2 },
      ],
    })
    const answer = await send('PATCH', '/pairs?a=eq.4&b=eq.2&select=b,value', {
      json: { value: 'new' },
      headers: { prefer: 'return=representation, count=exact' },
    })
    expect(answer.json).toEqual([{ b: 2, value: 'new' }])
    expect(answer.headers['content-range']).toBe('0-0/1')
    const plain = await send('PATCH', '/pairs?a=eq.4', { json: { value: 'all' } })
    expect([plain.status, plain.headers['content-range']]).toEqual([204, '0-1/*'])
    expect((await send('PATCH', '/pairs?a=eq.4', { json: {} })).status).toBe(204)
    await send('DELETE', '/pairs?a=eq.4', {})
  })

  test('delete returns what it removed', async () => {
    await send('POST', '/pairs', { json: { a: 6, b: 1 } })
    const answer = await send('DELETE', '/pairs?a=eq.6&select=b', { headers: full })
    expect([answer.status, answer.json]).toEqual([200, [{ b: 1 }]])
    expect((await send('DELETE', '/pairs?a=eq.6', {})).status).toBe(204)
  })

  test('a mutation that does not give the one object asked for is undone', async () => {
    await send('POST', '/pairs', {
      json: [
        { a: 8, b: 1 },
        { a: 8, b: 2 },
      ],
    })
    const answer = await send('DELETE', '/pairs?a=eq.8', { headers: { ...singular, ...full } })
    expect(answer.json).toMatchObject({ code: 'PGRST116' })
    const limited = await send('DELETE', '/pairs?a=eq.8', {
      headers: { prefer: 'handling=strict, max-affected=1' },
    })
    expect(limited.json).toMatchObject({ code: 'PGRST124', details: 'The query affects 2 rows' })
    expect(await rows('/pairs?a=eq.8&select=b')).toHaveLength(2)
    await send('DELETE', '/pairs?a=eq.8', {})
  })

  test('violated constraints keep their SQLSTATE', async () => {
    const duplicate = await send('POST', '/clients', { json: { id: 1, name: 'x' } })
    expect(duplicate.status).toBe(409)
    expect(duplicate.json).toEqual({
      code: '23505',
      message: 'duplicate key value violates unique constraint "clients_pkey"',
      details: 'Key (id)=(1) already exists.',
      hint: null,
    })
    expect(
      (await send('POST', '/projects', { json: { id: 99, name: 'x', client_id: 99 } })).status,
    ).toBe(409)
    expect((await send('POST', '/clients', { json: { id: 99 } })).json).toMatchObject({
      code: '23502',
    })
  })
})

describe('calling functions', () => {
  test('by POST and by GET, with defaults', async () => {
    const sum = await api.call('POST', '/rpc/add', { json: { a: 1, b: 2 } })
    expect([sum.status, sum.json]).toEqual([200, 3])
    expect(await rows('/rpc/add?a=1')).toBe(11)
  })

  test('rows of a function are filtered, ordered, paged, counted and embed', async () => {
    const answer = await get(
      '/rpc/find_projects?term=a&select=name,clients(name)&id=gt.1&order=id.desc&limit=1&client_id=not.is.null',
      {
        headers: { prefer: 'count=exact' },
      },
    )
    expect(answer.status).toBe(206)
    expect(answer.json).toEqual([{ name: 'gamma', clients: { name: 'Bolt' } }])
    expect(answer.headers['content-range']).toBe('0-0/2')
  })

  test('one row, a set of scalars, a table, void, JSON, variadic', async () => {
    expect(await rows('/rpc/first_project?select=id,name')).toEqual({ id: 1, name: 'alpha' })
    expect(await rows('/rpc/numbers')).toEqual([1, 2, 3])
    expect(await rows('/rpc/table_of?n=gt.1')).toEqual([{ n: 2, label: 'two' }])
    expect(await api.call('POST', '/rpc/nothing')).toMatchObject({ status: 204, text: '' })
    const echoed = await api.call('POST', '/rpc/echo', { json: { deep: [1] } })
    expect(echoed.json).toEqual({ deep: [1] })
    expect(await rows('/rpc/total?parts=1&parts=2&parts=3')).toBe(6)
  })

  test('GET cannot write', async () => {
    const answer = await get('/rpc/add_client?id=50&name=x')
    expect(answer.status).toBe(405)
    expect(answer.json).toMatchObject({ code: '25006' })
    expect(await rows('/clients?id=eq.50')).toEqual([])
  })

  test('a function sets status and headers, and raises its own errors', async () => {
    const custom = await api.call('POST', '/rpc/custom_answer')
    expect(custom.status).toBe(202)
    expect(custom.headers).toMatchObject({ 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] })
    const teapot = await api.call('POST', '/rpc/teapot')
    expect([teapot.status, teapot.json]).toEqual([
      418,
      { code: 'PT418', message: 'short and stout', details: 'd', hint: 'h' },
    ])
    const failed = await api.call('POST', '/rpc/fails')
    expect([failed.status, failed.json]).toEqual([
      400,
      { code: 'P0001', message: 'no way', details: null, hint: null },
    ])
  })
})

describe('who asks', () => {
  test('role, claims and the request are known to SQL', async () => {
    const headers = { cookie: 'c=1; d=2' }
    expect(await rows('/rpc/whoami', { as: bob, headers })).toEqual({
      role: 'authenticated',
      uid: bob.sub,
      app_user: bob.sub,
      app_role: 'authenticated',
      tenant: 'acme',
      method: 'GET',
      path: '/rpc/whoami',
      agent: 'tests',
      cookie: '1',
      search_path: '"public", "public", "extensions"',
      timeout: '8s',
    })
    expect(await rows('/rpc/whoami', { as: { role: 'anon' } })).toMatchObject({
      role: 'anon',
      uid: null,
      app_user: '',
      tenant: '',
      timeout: '3s',
    })
  })

  test('each caller sees and changes only their own rows', async () => {
    const insert = (as: CallOptions['as'], title: string) =>
      api.call('POST', '/notes?select=id,title', {
        as: as ?? alice,
        json: { title },
        headers: full,
      })
    const mine = (await insert(alice, 'a')).json as { id: number }[]
    await insert(bob, 'b')
    expect(await rows('/notes?select=title', { as: alice })).toEqual([{ title: 'a' }])
    expect(await rows('/notes?select=title', { as: bob })).toEqual([{ title: 'b' }])
    expect(await rows('/notes', { as: { role: 'anon' } })).toEqual([])
    const id = mine[0]?.id
    const theirs = await api.call('PATCH', `/notes?id=eq.${id}`, {
      as: bob,
      json: { title: 'stolen' },
      headers: full,
    })
    expect(theirs.json).toEqual([])
    await api.call('DELETE', `/notes?id=eq.${id}`, { as: bob })
    expect(await rows('/notes?select=title', { as: alice })).toEqual([{ title: 'a' }])
    const forged = await api.call('POST', '/notes', {
      as: bob,
      json: { title: 'x', owner: alice.sub },
    })
    expect([forged.status, forged.json]).toMatchObject([403, { code: '42501' }])
  })

  test('a missing privilege is 401 for anon and 403 for others', async () => {
    const anonymous = await get('/readonly_log', { as: { role: 'anon' } })
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers['www-authenticate']).toBe('Bearer')
    const signedIn = await api.call('POST', '/readonly_log', { as: alice, json: { line: 'x' } })
    expect([signedIn.status, signedIn.json]).toMatchObject([403, { code: '42501' }])
  })

  test('a role that does not exist, or may not be assumed, is refused', async () => {
    const unknown = await get('/clients', { as: { role: 'nobody_at_all' } })
    expect(unknown.status).toBe(401)
    expect(unknown.json).toMatchObject({
      code: '22023',
      message: 'role "nobody_at_all" does not exist',
    })
    const superuser = await get('/clients', { as: { role: 'postgres' } })
    expect([superuser.status, superuser.json]).toMatchObject([403, { code: '42501' }])
  })

  test('a refused token is worded as PostgREST words it', async () => {
    const answer = await get('/clients', {
      authentication: { ok: false, failure: 'expired', message: 'JWT expired' },
    })
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual({
      code: 'PGRST303',
      message: 'JWT expired',
      details: null,
      hint: null,
    })
  })
})

describe('bad input', () => {
  test.each([
    ['GET', '/clients?nope=eq.1', undefined, 400, '42703'],
    ['GET', '/clients?select=nope', undefined, 400, '42703'],
    ['GET', '/clients?id=eq.abc', undefined, 400, '22P02'],
    ['GET', '/clients?id=eq.99999999999999999999', undefined, 400, '22003'],
    ['GET', '/clients?select=id::nope', undefined, 400, '42704'],
    ['GET', '/nowhere', undefined, 404, 'PGRST205'],
    ['GET', '/rpc/nowhere', undefined, 404, 'PGRST202'],
    ['GET', '/clients?name=eq.%ff', undefined, 400, '22021'],
    ['GET', '/clients?name=eq.%00', undefined, 400, '22021'],
    ['GET', '/a/b', undefined, 404, 'PGRST125'],
    ['POST', '/clients', '{"id":', 400, 'PGRST102'],
    ['POST', '/clients', '', 400, 'PGRST102'],
    ['POST', '/clients', '{"id":"x","name":"y"}', 400, '22P02'],
    ['POST', '/clients', '{"id":77,"name":"\\u0000"}', 400, '22P05'],
    ['POST', '/clients?columns=id', '{"id":', 400, '22P02'],
    ['POST', '/clients?columns=id', '5', 400, '22023'],
    ['POST', '/clients', '{"nope":1}', 400, 'PGRST204'],
    ['PATCH', '/clients?id=eq.1', '{"id":{}}', 400, '22P02'],
    ['POST', '/rpc/add', '{"a":"x"}', 400, '22P02'],
    ['POST', '/rpc/add', '[1]', 400, 'PGRST102'],
    ['TRACE', '/clients', undefined, 405, 'PGRST117'],
  ] as const)('%s %s with body %s is %i %s', async (method, target, raw, status, code) => {
    const answer = await api.call(method, target, {
      as: service,
      ...(raw === undefined ? {} : { raw }),
    })
    expect([answer.status, answer.json]).toMatchObject([status, { code }])
    expect(answer.text).not.toMatch(/pgrst_source|node_modules|at \w+ \(/)
  })

  test('quotes, comments and backslashes are nothing but values and names', async () => {
    const evil = encodeURIComponent(`x'); drop table clients; --\\"`)
    for (const target of [
      `/clients?name=eq.${evil}`,
      `/clients?name=in.(${evil})`,
      `/clients?or=(name.eq.${encodeURIComponent(`"a'; drop table clients; --"`)})`,
      `/clients?select=${encodeURIComponent(`"x""; drop table clients; --"`)}`,
      `/clients?select=name->${evil}`,
      `/clients?select=id::text${encodeURIComponent(`); drop table clients; --`)}`,
      `/clients?order=${encodeURIComponent(`"id; drop table clients"`)}`,
      `/clients?name=fts(${encodeURIComponent(`english'`)}).x`,
    ]) {
      expect((await get(target)).status, target).toBeLessThan(500)
    }
    expect(await rows('/clients?select=id&order=id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  test('a body over the limit is refused', async () => {
    const small = await openDataApi({ api: { maxBodyBytes: 100 } })
    try {
      const answer = await small.call('POST', '/x', { raw: 'x'.repeat(101) })
      expect(answer.status).toBe(413)
    } finally {
      await small.close()
    }
  })
})

describe('the rest', () => {
  test('OPTIONS tells what may be done', async () => {
    const answer = await api.call('OPTIONS', '/clients')
    expect(answer.headers['allow']).toBe('OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE')
    expect((await api.call('OPTIONS', '/rpc/numbers')).headers['allow']).toBe(
      'OPTIONS,GET,HEAD,POST',
    )
  })

  test('the root describes the schema', async () => {
    const answer = await get('/')
    expect(answer.headers['content-type']).toBe('application/openapi+json; charset=utf-8')
    expect(answer.json).toMatchObject({
      swagger: '2.0',
      host: '127.0.0.1:54321',
      basePath: '/rest/v1',
      paths: {
        '/rpc/add': { get: { parameters: [{ name: 'a', type: 'integer' }, { name: 'b' }] } },
      },
      definitions: {
        projects: {
          required: ['id', 'name'],
          properties: {
            id: { format: 'int32', description: 'Note:\nThis is a Primary Key.<pk/>' },
            client_id: {
              description:
                "Note:\nThis is a Foreign Key to `clients.id`.<fk table='clients' column='id'/>",
            },
          },
        },
      },
    })
  })

  test('the root hides what the caller may not use', async () => {
    const paths = async (as: CallOptions['as']): Promise<string[]> => {
      const { json } = await get('/', { as: as ?? alice })
      return Object.keys((json as { paths: object }).paths)
    }
    expect(await paths(alice)).toContain('/readonly_log')
    const anonymous = await paths({ role: 'anon' })
    expect(anonymous).toContain('/clients')
    expect(anonymous).not.toContain('/readonly_log')
  })

  test('a table made a moment ago is found without a notification', async () => {
    expect((await get('/fresh')).status).toBe(404)
    await api.script(
      `drop event trigger if exists pgrst_ddl_watch; create table fresh (id int); grant select on fresh to service_role`,
    )
    expect(await rows('/fresh')).toEqual([])
  })

  test('a dropped column is forgotten after NOTIFY pgrst', async () => {
    await api.script('create table shifting (a int, b int)')
    await rows('/shifting')
    await api.script(`alter table shifting drop column b; notify pgrst, 'reload schema'`)
    await expect
      .poll(async () => (await api.call('POST', '/shifting', { as: service, json: { b: 1 } })).json)
      .toMatchObject({ code: 'PGRST204' })
  })

  test('statement timeouts of the role hold', async () => {
    // a role of its own: roles belong to the whole server, and other tests run on it
    const role = `create role hurried nologin; alter role hurried set statement_timeout = 100;
      grant hurried to anon; grant usage on schema public to hurried;`
    const hurried = await openDataApi({ schema: `${testSchema}; ${role}` })
    try {
      const answer = await hurried.call('POST', '/rpc/slow', { as: { role: 'hurried' } })
      expect([answer.status, answer.json]).toMatchObject([500, { code: '57014' }])
    } finally {
      await hurried.close()
    }
  })

  test('tx=rollback undoes where it is allowed, and is ignored where it is not', async () => {
    const headers = { prefer: 'tx=rollback, return=representation' }
    const json = { id: 60, name: 'sixty' }
    const open = await openDataApi({ schema: testSchema, api: { txEnd: 'commit-allow-override' } })
    try {
      const answer = await open.call('POST', '/clients', { as: service, json, headers })
      expect(answer.json).toEqual([json])
      expect(answer.headers['preference-applied']).toBe('return=representation, tx=rollback')
      expect((await open.call('GET', '/clients?id=eq.60', { as: service })).json).toEqual([])
    } finally {
      await open.close()
    }
    await api.call('POST', '/clients', { as: service, json, headers })
    expect(await rows('/clients?id=eq.60&select=id')).toEqual([{ id: 60 }])
    await api.call('DELETE', '/clients?id=eq.60', { as: service })
  })

  test('the plan is shown where it is allowed', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan+json' }
    expect((await get('/clients', { headers })).status).toBe(406)
    const open = await openDataApi({
      schema: testSchema,
      api: { explain: true, serverTiming: true },
    })
    try {
      const answer = await open.call('GET', '/clients', { as: service, headers })
      expect(answer.json).toMatchObject([{ Plan: {} }])
      expect(answer.headers['server-timing']).toMatch(/^jwt;dur=.*parse;dur=.*transaction;dur=/)
    } finally {
      await open.close()
    }
  })

  test('several schemas are chosen between by profile', async () => {
    const open = await openDataApi({
      schema: `create schema api2; grant usage on schema api2 to service_role;
        create table api2.items (id int); grant all on api2.items to service_role; insert into api2.items values (7)`,
      config: { 'api.schemas': ['public', 'api2'] },
    })
    try {
      const headers = { 'accept-profile': 'api2' }
      const answer = await open.call('GET', '/items', { as: service, headers })
      expect(answer.json).toEqual([{ id: 7 }])
      expect(answer.headers['content-profile']).toBe('api2')
    } finally {
      await open.close()
    }
  })
})
