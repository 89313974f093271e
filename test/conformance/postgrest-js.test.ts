/** Every method of the installed postgrest-js, used at least once against the server, its result asserted. A new version with a new method fails here. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as library from '@supabase/postgrest-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { codeOf, connect, ok, ways } from './connect.ts'
import { schema } from './postgrest-js.schema.ts'

/** `Class.method` of all classes, and what was called since it was cleared. */
const methods: string[] = []
const called = new Set<string>()

/** The methods without a case, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'PostgrestBuilder.processResponse': 'internal; every case passes through it',
  'PostgrestQueryBuilder.cloneRequestState': 'internal; every query of a table passes through it',
  'PostgrestBuilder.returns':
    'nothing the library makes reaches it: PostgrestTransformBuilder has its own',
}

for (const [name, exported] of Object.entries(library)) {
  if (typeof exported !== 'function' || (!name.endsWith('Builder') && name !== 'PostgrestClient'))
    continue
  const prototype = exported.prototype as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >
  for (const method of Object.getOwnPropertyNames(prototype)) {
    const original = prototype[method]
    if (method === 'constructor' || typeof original !== 'function') continue
    methods.push(`${name}.${method}`)
    prototype[method] = function record(this: unknown, ...given: unknown[]): unknown {
      called.add(`${name}.${method}`)
      return original.apply(this, given)
    }
  }
}

type Client = SupabaseClient
type Rows = PromiseLike<{
  data: { id: number }[] | null
  error: { code: string; message: string } | null
}>

/** The ids an answer has. */
const ids = async (query: Rows): Promise<number[]> => (await ok(query)).map(({ id }) => id)
const things = (client: Client) => client.from('things').select('id')

/** What a filter leaves of three rows: 1 Alpha, 2 beta, 3 Gamma. */
const filters: Readonly<
  Record<string, readonly [(query: ReturnType<typeof things>) => Rows, number[]]>
> = {
  eq: [(q) => q.eq('name', 'beta'), [2]],
  neq: [(q) => q.neq('name', 'beta'), [1, 3]],
  gt: [(q) => q.gt('n', 10), [2]],
  gte: [(q) => q.gte('n', 10), [1, 2]],
  lt: [(q) => q.lt('n', 20), [1]],
  lte: [(q) => q.lte('n', 20), [1, 2]],
  like: [(q) => q.like('name', '%a'), [1, 2, 3]],
  likeAllOf: [(q) => q.likeAllOf('name', ['A%', '%a']), [1]],
  likeAnyOf: [(q) => q.likeAnyOf('name', ['A%', 'b%']), [1, 2]],
  ilike: [(q) => q.ilike('name', 'ALPHA'), [1]],
  ilikeAllOf: [(q) => q.ilikeAllOf('name', ['g%', '%MA']), [3]],
  ilikeAnyOf: [(q) => q.ilikeAnyOf('name', ['a%', 'B%']), [1, 2]],
  regexMatch: [(q) => q.regexMatch('name', '^[AG]'), [1, 3]],
  regexIMatch: [(q) => q.regexIMatch('name', '^B'), [2]],
  is: [(q) => q.is('done', null), [3]],
  isDistinct: [(q) => q.isDistinct('n', 10), [2, 3]],
  in: [(q) => q.in('name', ['Alpha', 'a,b', 'q"t']), [1]],
  notIn: [(q) => q.notIn('id', [1, 2]), [3]],
  contains: [(q) => q.contains('doc', { deep: { x: 'y' } }), [1]],
  containedBy: [(q) => q.containedBy('tags', ['a', 'b', 'z']), [1, 3]],
  rangeGt: [(q) => q.rangeGt('span', '[1,6)'), [3]],
  rangeGte: [(q) => q.rangeGte('span', '[5,6)'), [2, 3]],
  rangeLt: [(q) => q.rangeLt('span', '[10,11)'), [1, 2]],
  rangeLte: [(q) => q.rangeLte('span', '[1,10)'), [1, 2]],
  rangeAdjacent: [(q) => q.rangeAdjacent('span', '[10,20)'), [2, 3]],
  overlaps: [(q) => q.overlaps('tags', ['c', 'a']), [1, 2]],
  textSearch: [(q) => q.textSearch('body', 'fox & !brown', { config: 'english' }), [1]],
  match: [(q) => q.match({ name: 'beta', done: false }), [2]],
  not: [(q) => q.not('tags', 'cs', '{b}'), [3]],
  or: [(q) => q.or('n.gt.15,and(done.is.null,name.eq.Gamma)'), [2, 3]],
  filter: [(q) => q.filter('doc->deep->>x', 'eq', 'y'), [1]],
  throwOnError: [(q) => q.eq('id', 1).throwOnError() as unknown as Rows, [1]],
}

type Case = (client: Client, server: TestPlatform) => Promise<void>

const clientCases: Readonly<Record<string, Case>> = {
  'PostgrestClient.from': async (client) =>
    expect(await ids(client.from('things').select('id').eq('id', 1))).toEqual([1]),
  'PostgrestClient.schema': async (client) => {
    expect(await ok(client.schema('other').from('elsewhere').select())).toEqual([{ id: 7 }])
    expect(await codeOf(client.schema('pg_catalog').from('pg_class').select())).toBe('PGRST106')
  },
  'PostgrestClient.rpc': async (client) => {
    expect(await ok(client.rpc('add', { a: 1, b: 2 }))).toBe(3)
    expect(await ok(client.rpc('add', { a: 1, b: 2 }, { get: true }))).toBe(3)
    expect(
      await ids(client.rpc('below', { most: 2 }).select('id').gt('id', 1) as unknown as Rows),
    ).toEqual([2])
    const counted = await client.rpc('below', { most: 2 }, { head: true, count: 'exact' })
    expect(counted).toMatchObject({ data: null, count: 2, status: 200 })
  },
}

const queryCases: Readonly<Record<string, Case>> = {
  'PostgrestQueryBuilder.select': async (client) => {
    const embedded = client
      .from('things')
      .select('id, children:things!parent_id(id)', { count: 'exact' })
      .eq('id', 1)
    expect(await embedded).toMatchObject({
      data: [{ id: 1, children: [{ id: 2 }, { id: 3 }] }],
      count: 1,
    })
    const head = await client.from('things').select('*', { head: true, count: 'exact' })
    expect(head).toMatchObject({ data: null, count: 3, status: 200 })
  },
  'PostgrestQueryBuilder.insert': async (client) => {
    expect(await client.from('written').insert({ id: 1, name: 'a' })).toMatchObject({
      data: null,
      status: 201,
    })
    const many = client
      .from('written')
      .insert([{ id: 2, n: 1 }, { id: 3 }], { defaultToNull: false, count: 'exact' })
    expect(await many.select('id, name, n')).toMatchObject({
      data: [
        { id: 2, name: 'unnamed', n: 1 },
        { id: 3, name: 'unnamed', n: null },
      ],
      count: 2,
      status: 201,
    })
    expect(await codeOf(client.from('written').insert({ id: 1 }))).toBe('23505')
  },
  'PostgrestQueryBuilder.upsert': async (client) => {
    await client.from('written').insert({ id: 1, name: 'a' })
    const merged = client.from('written').upsert([
      { id: 1, name: 'b' },
      { id: 2, name: 'c' },
    ])
    expect(await ok(merged.select('id, name'))).toEqual([
      { id: 1, name: 'b' },
      { id: 2, name: 'c' },
    ])
    const ignored = client
      .from('written')
      .upsert({ id: 1, name: 'x' }, { onConflict: 'id', ignoreDuplicates: true })
    expect(await ok(ignored.select())).toEqual([])
  },
  'PostgrestQueryBuilder.update': async (client) => {
    await client.from('written').insert([{ id: 1 }, { id: 2 }])
    const updated = client.from('written').update({ n: 5 }, { count: 'exact' }).eq('id', 2)
    expect(await updated).toMatchObject({ data: null, count: 1, status: 204 })
    expect(await ok(client.from('written').select('n').order('id'))).toEqual([
      { n: null },
      { n: 5 },
    ])
  },
  'PostgrestQueryBuilder.delete': async (client) => {
    await client.from('written').insert([{ id: 1 }, { id: 2 }])
    const removed = client.from('written').delete({ count: 'exact' }).eq('id', 2).select('id')
    expect(await removed).toMatchObject({ data: [{ id: 2 }], count: 1, status: 200 })
  },
}

const transformCases: Readonly<Record<string, Case>> = {
  'PostgrestTransformBuilder.select': async (client) =>
    expect(await ok(client.from('written').insert({ id: 1, n: 2 }).select('double:n'))).toEqual([
      { double: 2 },
    ]),
  'PostgrestTransformBuilder.order': async (client) => {
    expect(
      await ids(things(client).order('n', { ascending: false, nullsFirst: true }).order('id')),
    ).toEqual([3, 2, 1])
    const nested = client.from('things').select('id, things!parent_id(id)').eq('id', 1)
    const [row] = await ok(nested.order('id', { referencedTable: 'things', ascending: false }))
    expect(row?.things).toEqual([{ id: 3 }, { id: 2 }])
  },
  'PostgrestTransformBuilder.limit': async (client) => {
    expect(await ids(things(client).order('id').limit(2))).toEqual([1, 2])
    const nested = client.from('things').select('id, things!parent_id(id)').eq('id', 1)
    expect(await ok(nested.limit(1, { referencedTable: 'things' }))).toMatchObject([
      { things: [{}] },
    ])
  },
  'PostgrestTransformBuilder.range': async (client) => {
    expect(await ids(things(client).order('id').range(1, 2))).toEqual([2, 3])
    const beyond = await client.from('things').select('id', { count: 'exact' }).range(9, 12)
    expect(beyond).toMatchObject({ status: 416, error: { code: 'PGRST103' } })
  },
  'PostgrestTransformBuilder.abortSignal': async (client, server) => {
    const controller = new AbortController()
    const running = client.rpc('slow').abortSignal(controller.signal)
    const answer = running.then((result) => result) // begins it
    const sleeping = `select count(*)::int as n from pg_stat_activity where query like '%"slow"%' and state = 'active' and pid <> pg_backend_pid()`
    await expect.poll(() => server.count(sleeping), { timeout: 10_000 }).toBe(1)
    controller.abort()
    expect((await answer).error?.message).toMatch(/abort/i)
    await expect.poll(() => server.count(sleeping), { timeout: 10_000 }).toBe(0)
  },
  'PostgrestTransformBuilder.single': async (client) => {
    expect(await ok(things(client).eq('id', 1).single())).toEqual({ id: 1 })
    expect(await things(client).single()).toMatchObject({
      status: 406,
      error: { code: 'PGRST116', details: 'The result contains 3 rows' },
    })
  },
  'PostgrestTransformBuilder.maybeSingle': async (client) => {
    expect(await things(client).eq('id', 1).maybeSingle()).toMatchObject({
      data: { id: 1 },
      error: null,
    })
    expect(await things(client).eq('id', 99).maybeSingle()).toMatchObject({
      data: null,
      error: null,
      status: 200,
    })
    expect(await codeOf(things(client).maybeSingle())).toBe('PGRST116')
  },
  'PostgrestTransformBuilder.csv': async (client) =>
    expect(await ok(client.from('things').select('id,name').order('id').csv())).toBe(
      'id,name\n1,Alpha\n2,beta\n3,Gamma',
    ),
  'PostgrestTransformBuilder.geojson': async (client) =>
    expect(await ok(client.from('things').select().eq('id', 1).geojson())).toEqual({
      type: 'FeatureCollection',
      features: [{ type: 'Feature', properties: { id: 1 }, geometry: null }],
    }),
  'PostgrestTransformBuilder.explain': async (client) => {
    expect((await things(client).explain()).data).toMatch(/Aggregate.*cost=/)
    const all = { analyze: true, verbose: true, settings: true, buffers: true, wal: true }
    const { data: plan } = await things(client).explain({ format: 'json', ...all })
    expect(plan).toMatchObject([{ Plan: { 'Actual Rows': expect.any(Number) as number } }])
  },
  // tx=rollback is for tests of an API that allows it; Supabase does not, and commits
  'PostgrestTransformBuilder.rollback': async (client) => {
    expect((await client.from('written').insert({ id: 1 }).rollback()).status).toBe(201)
    expect(await ids(client.from('written').select('id'))).toEqual([1])
  },
  'PostgrestTransformBuilder.returns': async (client) =>
    expect(await ok(things(client).eq('id', 1).returns<{ id: number }[]>())).toEqual([{ id: 1 }]),
  'PostgrestTransformBuilder.maxAffected': async (client) => {
    await client.from('written').insert([{ id: 1 }, { id: 2 }])
    // its type wants to be told the server's version
    const update = (most: number) =>
      client.from('written').update({ n: 1 }).gt('id', 0).maxAffected(most) as unknown as Rows
    expect(await codeOf(update(1))).toBe('PGRST124')
    expect(await ids(client.from('written').select('id').eq('n', 1))).toEqual([])
    expect(await update(2)).toMatchObject({ error: null, status: 204 })
  },
  'PostgrestTransformBuilder.throwOnError': async (client) =>
    expect(await client.from('written').insert({ id: 1 }).select().throwOnError()).toMatchObject({
      status: 201,
    }),
}

const builderCases: Readonly<Record<string, Case>> = {
  'PostgrestBuilder.throwOnError': async (client) => {
    const query = things(client).eq('id', 99).single().throwOnError()
    await expect(query.then((answer) => answer)).rejects.toMatchObject({
      name: 'PostgrestError',
      code: 'PGRST116',
    })
  },
  'PostgrestBuilder.stripNulls': async (client) => {
    const rows = client.from('things').select('id,n').eq('id', 3)
    expect(await ok(rows.stripNulls())).toEqual([{ id: 3 }])
    const row = client.from('things').select('id,n').eq('id', 3).single()
    expect(await ok(row.stripNulls())).toEqual({ id: 3 })
  },
  'PostgrestBuilder.setHeader': async (client) => {
    const counted = await things(client).setHeader('Prefer', 'count=exact').limit(1)
    expect(counted).toMatchObject({ count: 3, status: 206 })
  },
  'PostgrestBuilder.retry': async (client) =>
    expect(await ids(things(client).eq('id', 1).retry(false))).toEqual([1]),
  'PostgrestBuilder.then': async (client) =>
    expect(
      await things(client)
        .eq('id', 1)
        .then(({ data }) => data),
    ).toEqual([{ id: 1 }]),
  'PostgrestBuilder.overrideTypes': async (client) =>
    expect(await ok(things(client).eq('id', 1).overrideTypes<{ id: number }[]>())).toEqual([
      { id: 1 },
    ]),
}

async function expectIds(query: Rows, expected: number[]): Promise<void> {
  expect((await ids(query)).toSorted((a, b) => a - b)).toEqual(expected)
}

const filterCases: Record<string, Case> = {}
for (const [name, [filter, expected]] of Object.entries(filters))
  filterCases[`PostgrestFilterBuilder.${name}`] = (client) =>
    expectIds(filter(things(client)), expected)

const cases = Object.entries({
  ...filterCases,
  ...clientCases,
  ...queryCases,
  ...transformCases,
  ...builderCases,
})

let server: TestPlatform
beforeAll(async () => {
  const config = { 'api.schemas': ['public', 'other'], 'basalt.rest.db_plan_enabled': true }
  server = await startTestPlatform({ schema, config })
})
afterAll(() => server.close())

test('every method of the installed version has a case, and no case is of a method that is gone', () => {
  expect(methods.length).toBeGreaterThan(60)
  expect(cases.map(([name]) => name).toSorted()).toEqual(
    methods.filter((name) => !Object.hasOwn(exceptions, name)).toSorted(),
  )
})

describe.each(ways)('%s', (way) => {
  beforeEach(() => server.script('truncate written'))

  test.each(cases)('%s', async (name, run) => {
    const client = connect(server, way)
    called.clear()
    await run(client, server)
    expect([...called]).toContain(name)
  })

  test('text search of every kind, on text too', async () => {
    const client = connect(server, way)
    const found = (type: 'plain' | 'phrase' | 'websearch', query: string) =>
      ids(things(client).textSearch('body', query, { type, config: 'english' }).order('id'))
    expect(await found('plain', 'fox brown')).toEqual([3])
    expect(await found('phrase', 'lazy dog')).toEqual([2])
    expect(await found('websearch', 'fox -brown')).toEqual([1])
    expect(await ids(things(client).textSearch('name', 'alpha'))).toEqual([1])
  })
})
