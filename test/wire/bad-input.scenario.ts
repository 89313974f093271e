/** What a hostile or mistaken client may send to the data API and to Auth: the real services' words, one log line, no trace of our insides, nothing lost. */
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeWire } from './wire.ts'

const schema = `
  create table public.things (id int primary key, name text, tags text[], doc jsonb);
  insert into public.things values (1, 'one', '{a}', '{"k":1}');
  create function public.fail(code text) returns int language plpgsql as $$ begin raise sqlstate 'XX000' using message = 'inner words of ' || code; end $$;
  grant all on public.things to anon;`

type Bad = readonly [
  what: string,
  method: string,
  path: string,
  body: unknown,
  status: number,
  expected: object | RegExp,
]
const utf8 = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const quote = "'"

const dataApi: readonly Bad[] = [
  [
    'malformed JSON',
    'POST',
    '/things',
    '{"id": 2,',
    400,
    { code: 'PGRST102', message: 'Empty or invalid json' },
  ],
  ['an empty body', 'POST', '/things', '', 400, { code: 'PGRST102' }],
  [
    'rows of different shapes',
    'POST',
    '/things',
    [{ id: 2 }, { name: 'x' }],
    400,
    { code: 'PGRST102', message: 'All object keys must match' },
  ],
  [
    'an unknown table',
    'GET',
    '/nothing',
    undefined,
    404,
    { code: 'PGRST205', message: "Could not find the table 'public.nothing' in the schema cache" },
  ],
  [
    'an unknown column to read',
    'GET',
    '/things?select=nope',
    undefined,
    400,
    { code: '42703', message: 'column things.nope does not exist' },
  ],
  ['an unknown column to filter', 'GET', '/things?nope=eq.1', undefined, 400, { code: '42703' }],
  [
    'an unknown column to write',
    'POST',
    '/things',
    { id: 2, nope: 1 },
    400,
    {
      code: 'PGRST204',
      message: "Could not find the 'nope' column of 'things' in the schema cache",
    },
  ],
  ['an unknown function', 'POST', '/rpc/nope', {}, 404, { code: 'PGRST202' }],
  [
    'an unknown relationship',
    'GET',
    '/things?select=*,nope(*)',
    undefined,
    400,
    { code: 'PGRST200' },
  ],
  [
    'a value of the wrong type',
    'GET',
    '/things?id=eq.abc',
    undefined,
    400,
    { code: '22P02', message: 'invalid input syntax for type integer: "abc"' },
  ],
  ['a written value of the wrong type', 'POST', '/things', { id: 'abc' }, 400, { code: '22P02' }],
  ['a number out of range', 'POST', '/things', { id: 1e15 }, 400, { code: '22003' }],
  ['a duplicate key', 'POST', '/things', { id: 1 }, 409, { code: '23505' }],
  ['an unknown operator', 'GET', '/things?id=almost.1', undefined, 400, { code: 'PGRST100' }],
  ['a filter that is no filter', 'GET', '/things?id=1', undefined, 400, { code: 'PGRST100' }],
  [
    'an unbalanced logic tree',
    'GET',
    '/things?or=(id.eq.1,and(id.eq.2',
    undefined,
    400,
    { code: 'PGRST100' },
  ],
  ['an unbalanced select', 'GET', '/things?select=id,(', undefined, 400, { code: 'PGRST100' }],
  [
    'an order that is none',
    'GET',
    '/things?order=id.sideways',
    undefined,
    400,
    { code: 'PGRST100' },
  ],
  ['a NUL in a filter', 'GET', '/things?name=eq.a%00b', undefined, 400, /22021|PGRST/],
  ['a NUL in a column name', 'GET', '/things?select=a%00b', undefined, 400, /22021|PGRST100|42703/],
  ['a NUL in a table name', 'GET', '/thi%00ngs', undefined, 400, /PGRST205|22021/],
  [
    'a NUL in a written text',
    'POST',
    '/things',
    '{"id":2,"name":"a\\u0000b"}',
    400,
    { code: '22P05' },
  ],
  [
    'invalid UTF-8 in the body',
    'POST',
    '/things',
    utf8(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
    400,
    /PGRST102|22021/,
  ],
  [
    'a lone surrogate in the body',
    'POST',
    '/things',
    '{"id":2,"name":"\\ud800"}',
    400,
    { code: '22P02' },
  ],
  [
    'injection in a value',
    'GET',
    `/things?name=eq.${encodeURIComponent(`x${quote}; drop table things; --`)}`,
    undefined,
    200,
    [],
  ],
  [
    'injection in a column name',
    'GET',
    `/things?select=${encodeURIComponent('id"; drop table things; --')}`,
    undefined,
    400,
    /42703|PGRST100/,
  ],
  [
    'injection in a JSON path',
    'GET',
    `/things?select=doc->${encodeURIComponent(`k${quote}||version()||${quote}`)}`,
    undefined,
    400,
    { code: 'PGRST100' },
  ],
  [
    'injection in order',
    'GET',
    `/things?order=${encodeURIComponent('id;drop table things')}`,
    undefined,
    400,
    /PGRST100|42703/,
  ],
  ['a negative limit', 'GET', '/things?limit=-1', undefined, 416, { code: 'PGRST103' }],
  ['an unknown media type', 'GET', '/things', undefined, 406, { code: 'PGRST107' }],
  ['an unknown schema', 'GET', '/things', undefined, 406, { code: 'PGRST106' }],
]
const extraHeaders: Record<string, Record<string, string>> = {
  'an unknown media type': { accept: 'application/unknown' },
  'an unknown schema': { 'accept-profile': 'pg_catalog' },
}

const auth: readonly Bad[] = [
  ['malformed JSON', 'POST', '/signup', '{"email"', 400, { error_code: 'bad_json' }],
  ['an array for an object', 'POST', '/signup', [1], 400, { error_code: 'bad_json' }],
  [
    'a number for an e-mail',
    'POST',
    '/signup',
    { email: 5, password: 'long enough' },
    400,
    { error_code: 'bad_json' },
  ],
  [
    'no e-mail',
    'POST',
    '/token?grant_type=password',
    { password: 'x' },
    400,
    { error_code: 'validation_failed' },
  ],
  [
    'an unknown grant',
    'POST',
    '/token?grant_type=magic',
    {},
    400,
    { msg: 'unsupported_grant_type' },
  ],
  [
    'a NUL in the e-mail',
    'POST',
    '/signup',
    { email: 'a\u0000b@example.com', password: 'long enough' },
    400,
    { error_code: 'validation_failed' },
  ],
  [
    'an unknown refresh token',
    'POST',
    '/token?grant_type=refresh_token',
    { refresh_token: 'abcdefghijkl' },
    400,
    { error_code: 'refresh_token_not_found' },
  ],
  // the gateway makes the publishable key a token of anon, which names no user
  ['no bearer but a key', 'GET', '/user', undefined, 403, { error_code: 'bad_jwt' }],
]

/** Statements, stacks and paths have no business in an answer. */
const insides =
  /\bselect\b.*\bfrom\b|json_agg\(|\n\s+at |node:internal|\/packages\/|\.ts:\d|pg_catalog\./i

describeWire('bad input', { schema }, (wire) => {
  const service: readonly (readonly [string, readonly Bad[]])[] = [
    ['/rest/v1', dataApi],
    ['/auth/v1', auth],
  ]
  for (const [prefix, table] of service)
    test.each(table)(`${prefix}: %s`, async (what, method, path, body, status, expected) => {
      const id = createHmac('sha256', wire.name)
        .update(prefix + what)
        .digest('hex')
        .slice(0, 20)
      const answer = await wire.send(method, prefix + path, {
        body,
        headers: {
          'x-request-id': id,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...extraHeaders[what],
        },
      })
      expect(answer.text).not.toMatch(insides)
      expect(answer.status, answer.text).toBe(status)
      if (expected instanceof RegExp) expect(answer.text).toMatch(expected)
      else expect(answer.json).toMatchObject(expected)
      const lines = wire.server().logged.filter((line) => line['request_id'] === id)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({ message: 'request', status })
    })

  test('a body nested a hundred thousand deep is refused and nobody notices', async () => {
    for (const [path, deep] of [
      ['/rest/v1/things', `[{"id":3,"doc":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`],
      ['/auth/v1/signup', '['.repeat(100_000)],
    ] as const) {
      const answer = await wire.send('POST', path, {
        body: deep,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      // 54001: PostgREST answers 500 to what Postgres finds too complex
      expect(answer.text).toMatch(/54001|bad_json|PGRST102/)
    }
    expect((await wire.send('GET', '/health')).status).toBe(200)
  })

  test('what Postgres says of its own accord is passed on; what we do not expect is not', async () => {
    const answer = await wire.send('POST', '/rest/v1/rpc/fail', { body: { code: 'x' } })
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'XX000', message: 'inner words of x' },
    })
  })

  test('after all of it the rows are what they were', async () => {
    const answer = await wire.send('GET', '/rest/v1/things')
    expect(answer.json).toEqual([{ id: 1, name: 'one', tags: ['a'], doc: { k: 1 } }])
  })
})
