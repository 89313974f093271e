import { expect, test } from 'vitest'
import type { ColumnItem, EmbedItem, Filter, LogicGroup } from './api-request.ts'
import { parseLine } from './request-line.fixture.ts'

const get = (query: string, headers: Record<string, string> = {}) =>
  parseLine({ line: `GET /t?${query}`, headers })
const post = (body: string, headers: Record<string, string> = {}, query = '') =>
  parseLine({ line: `POST /t?${query}`, body, headers })

function failure(parse: () => unknown): { message: string; details: string | null } {
  try {
    parse()
  } catch (error) {
    return error as { message: string; details: string | null }
  }
  throw new Error('it parsed')
}

test('select reads aliases, casts, JSON paths and aggregates', () => {
  const { select } = get('select=a,x:b::text,data->k->>0,n.sum()::int,total:count()')
  expect(select.map((item) => item.kind === 'column' && [item.alias, item.cast])).toEqual([
    [null, null],
    ['x', 'text'],
    [null, null],
    [null, null],
    ['total', null],
  ])
  const [, , json, sum, count] = select as ColumnItem[]
  expect(json?.field.path).toEqual([
    { asText: false, key: 'k', isIndex: false },
    { asText: true, key: '0', isIndex: true },
  ])
  expect(sum).toMatchObject({ aggregate: 'sum', aggregateCast: 'int' })
  expect(count).toMatchObject({ aggregate: 'count', field: { name: '*' } })
})

test('select reads embedded resources with hints, joins, spreads and nesting', () => {
  const { select } = get('select=id,who:users!fk!inner(name,...roles(*)),empty()')
  const [, who, empty] = select as EmbedItem[]
  expect(who).toMatchObject({ name: 'users', alias: 'who', hint: 'fk', join: 'inner' })
  expect(who?.select[1]).toMatchObject({ kind: 'embed', name: 'roles', spread: true })
  expect(empty?.select).toEqual([])
})

test('a quoted name may hold any reserved character', () => {
  const { select, order } = get(
    `select=${encodeURIComponent('"a.b,c:d(e)"')}&order=${encodeURIComponent('"x y".desc')}`,
  )
  expect(select[0]).toMatchObject({ field: { name: 'a.b,c:d(e)' } })
  expect(order[0]?.terms[0]).toMatchObject({ field: { name: 'x y' }, direction: 'desc' })
})

test('names keep letters of all scripts, blanks inside and dashes', () => {
  const { select } = get(`select=${encodeURIComponent('été, naïve name ,sub-key')}`)
  expect(select.map((item) => item.kind === 'column' && item.field.name)).toEqual([
    'été',
    'naïve name',
    'sub-key',
  ])
})

test('a filter keeps its value out of the shape', () => {
  const one = get('id=eq.1&name=like.*a*')
  const two = get('id=eq.22&name=like.b')
  expect(one.shape).toBe(two.shape)
  expect(one.values).toEqual(['1', '*a*'])
  expect(two.values).toEqual(['22', 'b'])
})

test('whatever is not a value is in the shape', () => {
  const shapes = [
    'id=eq.1',
    'id=gt.1',
    'id=not.eq.1',
    'id=is.null',
    'id=is.true',
    'id=in.(1)',
    'id=like(any).1',
    'id=fts.1',
    'id=fts(english).1',
    'a.id=eq.1',
    'select=id',
    'order=id',
    'limit=1',
    'and=(id.eq.1)',
    'or=(id.eq.1)',
    'on_conflict=id',
  ].map((query) => get(query).shape)
  expect(new Set(shapes).size).toBe(shapes.length)
})

test('a name cannot pretend to be two filters', () => {
  const two = get('a=eq.1&b=eq.2')
  const forged = get(`${encodeURIComponent('a=eq.?&b')}=eq.2`)
  expect(forged.shape).not.toBe(two.shape)
  expect(forged.values).toHaveLength(1)
})

test('an in list splits at commas outside quotes', () => {
  const list = encodeURIComponent('in.("a,b",c,"d\\"e",)')
  expect(get(`x=${list}`).values).toEqual([['a,b', 'c', 'd"e', '']])
  expect(get('x=in.()').values).toEqual([['']])
})

test('a logic tree nests, negates and quotes', () => {
  const tree = encodeURIComponent('(a.eq.1,not.and(b.in.(1,2),c.eq."x,y)"),d.ov.{1,2})')
  const { logic, values, hasTopLogicTree } = get(`not.or=${tree}`)
  const group = logic[0]?.node as LogicGroup
  expect(group).toMatchObject({ operator: 'or', negated: true })
  expect(group.nodes.map((node) => node.kind)).toEqual(['filter', 'group', 'filter'])
  expect(group.nodes[1]).toMatchObject({ operator: 'and', negated: true })
  expect(values).toEqual(['1', ['1', '2'], 'x,y)', '{1,2}'])
  expect(hasTopLogicTree).toBe(true)
})

test('filters, trees, orders and limits reach into embedded resources', () => {
  const request = get('a.b.id=eq.1&a.or=(x.eq.1)&a.b.order=id&a.limit=3&a.offset=2')
  expect(request.logic.map(({ path }) => path)).toEqual([['a', 'b'], ['a']])
  expect(request.order[0]?.path).toEqual(['a', 'b'])
  expect(request.ranges[0]).toMatchObject({ path: ['a'] })
  expect(request.ranges[0]?.limit).not.toBeNull()
})

test('order reads directions, nulls and related columns', () => {
  const { order } = get('order=a.desc.nullslast,b,clients(name).asc,data->k')
  expect(order[0]?.terms).toMatchObject([
    { field: { name: 'a' }, direction: 'desc', nulls: 'last' },
    { field: { name: 'b' }, direction: null, nulls: null },
    { relation: 'clients', field: { name: 'name' }, direction: 'asc' },
    { field: { name: 'data', path: [{ key: 'k' }] } },
  ])
})

test('limit, offset and the Range header are brought together', () => {
  expect(get('limit=10&offset=5').range).toEqual({ offset: 5, limit: 10 })
  expect(get('', { range: '5-9' }).range).toEqual({ offset: 5, limit: 5 })
  expect(get('limit=3', { range: '2-' }).range).toEqual({ offset: 2, limit: 1 })
  expect(get('limit=0').range).toEqual({ offset: 0, limit: 0 })
  expect(get('offset=-4').range).toEqual({ offset: 0, limit: null })
  expect(get('limit=abc').range).toEqual({ offset: 0, limit: null })
})

test('a body of objects with different keys is refused', () => {
  expect(failure(() => post('[{"a":1},{"b":2}]')).message).toBe('All object keys must match')
  expect(failure(() => post('[{"a":1},5]')).message).toBe('All object keys must match')
})

test('a single object and a list of one have the same shape and text', () => {
  const one = post('{"b":1,"a":2}')
  const list = post('[{"b":1,"a":2}]')
  expect(one.shape).toBe(list.shape)
  expect(one.values).toEqual(['[{"b":1,"a":2}]'])
  expect(one.payload?.keys).toEqual(['a', 'b'])
})

test('with columns= the body is left for Postgres to read', () => {
  const { payload, columns } = post('[{"a":1},{"b":2}]', {}, 'columns=a,b')
  expect(columns).toEqual(['a', 'b'])
  expect(payload?.keys).toEqual(['a', 'b'])
})

test('CSV becomes JSON, NULL null, quotes doubled', () => {
  const { values, payload } = post('a,b\r\n1,"x ""y"", z"\r\n2,NULL\r\n', {
    'content-type': 'text/csv',
  })
  expect(payload?.keys).toEqual(['a', 'b'])
  expect(JSON.parse(values[0] as string)).toEqual([
    { a: '1', b: 'x "y", z' },
    { a: '2', b: null },
  ])
})

test('CSV lines of different length are refused', () => {
  const headers = { 'content-type': 'text/csv' }
  expect(failure(() => post('a,b\n1', headers)).message).toBe(
    'All lines must have same number of fields',
  )
})

test('a form becomes one row, or the arguments of a call', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(post('a=1&b=x+y', headers).values).toEqual(['[{"a":"1","b":"x y"}]'])
  const call = parseLine({ line: 'POST /rpc/f', body: 'a=1&b=2', headers })
  expect(call.params.map(({ name }) => name)).toEqual(['a', 'b'])
})

test('an unknown content type is refused', () => {
  expect(failure(() => post('<a/>', { 'content-type': 'application/xhtml' })).message).toBe(
    'Content-Type not acceptable: application/xhtml',
  )
})

test('a body that is not UTF-8, or holds a NUL, is refused', () => {
  const bytes = new Uint8Array([0x7b, 0xff, 0x7d])
  expect(failure(() => parseLine({ line: 'POST /t', body: bytes })).message).toBe(
    'invalid byte sequence for encoding "UTF8": 0xff',
  )
  expect(failure(() => post('{"a":"\0"}')).message).toBe('Empty or invalid json')
})

test('a NUL anywhere in the URL is refused', () => {
  for (const query of ['select=%22a%00b%22', 'name=eq.a%00', '%22a%00%22=eq.1']) {
    expect(failure(() => get(query)).message).toBe(
      'invalid byte sequence for encoding "UTF8": 0x00',
    )
  }
})

test('a function called by GET takes what has no operator as arguments', () => {
  const call = parseLine({ line: 'GET /rpc/f?a=1&b=eq.2&c=is.null&e=not.an.operator' })
  expect(call.params.map(({ name }) => name)).toEqual(['a', 'e'])
  expect(failure(() => parseLine({ line: 'GET /rpc/f?d=in.x' })).message).toContain('in.x')
})

test("the gateway's apikey parameter is no filter", () => {
  const request = parseLine({ line: 'GET /t?apikey=abc&id=eq.1' })
  expect(request.logic).toHaveLength(1)
  expect(request.filterNames).toEqual(['id'])
})

test('percent-encoding, plus and raw UTF-8 bytes all decode', () => {
  expect(get('x=eq.a%20b+c%2B').values).toEqual(['a b c+'])
  expect(get('x=eq.%E2%82%AC').values).toEqual(['€'])
  expect(get('x=eq.â\x82¬').values).toEqual(['€'])
  expect(get('x=eq.€%41').values).toEqual(['€A'])
  expect(get('x=eq.100%').values).toEqual(['100%'])
})

test('Accept is ordered by quality, and parameters are read', () => {
  const { accept } = get('', {
    accept: 'text/csv;q=0.4, application/vnd.pgrst.object+json; nulls=stripped, */*;q=0.1',
  })
  expect(accept).toEqual([{ kind: 'object', stripNulls: true }, { kind: 'csv' }, { kind: 'any' }])
})

test('Prefer keeps the first of several values and lists what it does not know', () => {
  const { preferences } = get('', {
    prefer: 'return=minimal, return=representation, count=exact, max-affected=5, foo=bar',
  })
  expect(preferences).toMatchObject({
    representation: 'minimal',
    count: 'exact',
    maxAffected: 5,
    invalid: ['foo=bar'],
  })
})

test('tx= is honoured only where it may be', () => {
  const line = { line: 'GET /t', headers: { prefer: 'tx=rollback' } }
  expect(parseLine(line).preferences.transaction).toBeNull()
  expect(parseLine(line, { txOverride: true }).preferences.transaction).toBe('rollback')
})

test('the schema comes from Accept-Profile for reads and Content-Profile for writes', () => {
  const schemas = ['public', 'api']
  const headers = { 'accept-profile': 'api', 'content-profile': 'public' }
  expect(parseLine({ line: 'GET /t', headers }, { schemas }).schema).toBe('api')
  expect(parseLine({ line: 'DELETE /t', headers }, { schemas }).schema).toBe('public')
  expect(parseLine({ line: 'GET /t' }, { schemas })).toMatchObject({
    schema: 'public',
    negotiatedByProfile: true,
  })
})

test('errors point at the character that does not fit', () => {
  const cases = [
    [
      'or=()',
      'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
      '"failed to parse logic tree (())" (line 1, column 4)',
    ],
    [
      'select=data->(x',
      'unexpected "(" expecting "-", digit or any non reserved character different from: .,>()',
      '"failed to parse select parameter (data->(x)" (line 1, column 7)',
    ],
    [
      'select=data->>--34',
      'unexpected "-" expecting digit',
      '"failed to parse select parameter (data->>--34)" (line 1, column 9)',
    ],
    [
      'order=id.asc.nullslasttt',
      `unexpected 't' expecting "," or end of input`,
      '"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)',
    ],
  ] as const
  for (const [query, details, message] of cases) {
    expect(failure(() => get(query))).toMatchObject({ details, message })
  }
})

test('a tree nested without end is refused, not followed', () => {
  const deep = `${'and('.repeat(5000)}a.eq.1${')'.repeat(5000)}`
  expect(failure(() => get(`and=(${deep})`)).message).toContain('failed to parse logic tree')
})

test('a filter with an unknown operator is refused', () => {
  expect(failure(() => get('id=equals.1')).details).toBe(
    'unexpected "e" expecting "not" or operator (eq, gt, ...)',
  )
  expect(failure(() => get('id=eq(some).1')).message).toContain('failed to parse filter')
  expect(failure(() => get('id=is.nil')).details).toContain('isVal: (null, not_null,')
})

test('Content-Location has the query sorted and encoded', () => {
  expect(get('select=id,name&id=in.(1,2)').canonicalQuery).toBe(
    'id=in.%281%2C2%29&select=id%2Cname',
  )
  expect(get('id=eq.1').canonicalQuery).toBe('id=eq.1')
})

test('a single filter keeps its field, operator and negation', () => {
  const filter = get('data->>k=not.ilike.*x*').logic[0]?.node as Filter
  expect(filter).toMatchObject({
    negated: true,
    field: { name: 'data', path: [{ asText: true, key: 'k' }] },
    operation: { kind: 'compare', operator: 'ilike' },
  })
})

test.each([
  ['deep', `${'a('.repeat(13)}id${')'.repeat(13)}`],
  ['many', Array.from({ length: 101 }, (_, i) => `x${i}:a(id)`).join(',')],
])('too %s embedded resources are refused before Postgres has to plan them', (_, select) => {
  expect(() => get(`select=${select}`)).toThrow('Too many embedded resources')
})
