/** Client transactions: many requests in one, under the caller's rights, all or nothing, once per Idempotency-Key. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { signToken } from './sign-token.ts'
import { describeWire } from './wire.ts'
import type { Answer, Wire } from './wire.ts'

const schema = `
  create table public.accounts (
    id bigint generated always as identity primary key, owner uuid default auth.uid() not null,
    name text, balance numeric not null default 0 check (balance >= 0), data jsonb, tags text[]);
  create table public.entries (
    id bigint generated always as identity primary key,
    account_id bigint not null references public.accounts deferrable initially deferred,
    amount numeric not null, note text);
  create table public.open (id int primary key, name text);
  alter table public.accounts enable row level security;
  alter table public.entries enable row level security;
  create policy own on public.accounts for all to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
  create policy own on public.entries for all to authenticated
    using (exists (select from public.accounts a where a.id = account_id)) with check (exists (select from public.accounts a where a.id = account_id));
  revoke all on public.accounts, public.entries from anon;
  grant all on public.open to anon, authenticated, service_role;
  create function public.deposit(account bigint, amount numeric) returns numeric language sql
    as $$ update accounts set balance = balance + amount where id = account returning balance $$;
  create function public.whoami() returns text language sql stable as $$ select current_user || ' ' || coalesce(auth.uid()::text, '-') $$;
  create function public.asked() returns json language sql stable as $$ select json_build_object(
    'method', current_setting('request.method', true), 'path', current_setting('request.path', true),
    'agent', current_setting('request.headers', true)::json->>'x-test', 'zone', current_setting('timezone')) $$;
  create function public.teapot() returns int language sql as $$ select set_config('response.status', '418', true); select 1 $$;
  create function public.created() returns int language sql as $$ select set_config('response.status', '201', true); select 1 $$;
  create function public.strict() returns int language sql set default_transaction_isolation = 'serializable' as $$ select 1 $$;
  create function public.hasty() returns text language sql stable set statement_timeout = '1234ms' as $$ select current_setting('statement_timeout') $$;
  create function public.timeout() returns text language sql stable as $$ select current_setting('statement_timeout') $$;
  create function public.level() returns text language sql stable as $$ select current_setting('transaction_isolation') $$;
  create function public.wait_for(lock int) returns int language sql as $$ select pg_advisory_xact_lock(lock); select 1 $$;
  create function public.peek() returns bigint language sql as $$ select count(*) from basalt.idempotency_keys $$;
  create function public.claim() returns boolean language sql as $$ select claimed from basalt.claim_idempotency_key('authenticated', '', 'x') $$;
  create function public.doubled(list int[]) returns int[] language sql immutable as $$ select array_agg(x * 2 order by x) from unnest(list) x $$;
  notify pgrst, 'reload schema';`

const ada = '00000000-0000-4000-8000-00000000000a'
const bob = '00000000-0000-4000-8000-00000000000b'

interface StepResult {
  readonly status: number
  readonly count: number | null
  readonly body: never
}

interface Sent {
  /** A user's id, `anon` or `service_role`. */
  readonly as?: string
  readonly key?: string
  readonly more?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends steps as a user, Ada unless said otherwise. */
async function run(
  wire: Wire,
  steps: unknown,
  { as = ada, key, more, headers }: Sent = {},
): Promise<Answer> {
  const { keys } = wire.server().platform
  const bearer: Record<string, string> =
    as === 'anon'
      ? {}
      : {
          authorization: `Bearer ${as === 'service_role' ? keys.serviceRoleKey : signToken(keys.jwtSecret, { sub: as })}`,
        }
  return wire.send('POST', '/rest/v1/rpc/transaction', {
    body: { steps, ...more },
    headers: { ...bearer, ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
  })
}

const results = (answer: Answer): readonly StepResult[] => {
  expect(answer.json, answer.text).toBeInstanceOf(Array)
  expect(answer.status).toBe(200)
  return answer.json as StepResult[]
}

describeWire('client transactions', { schema }, (wire) => {
  beforeEach(() =>
    wire
      .server()
      .script(
        'truncate accounts, entries, open restart identity; delete from basalt.idempotency_keys',
      ),
  )
  const accounts = (): Promise<number> =>
    wire.server().count('select count(*)::int as n from accounts')

  test('reads, writes and calls run in order, each answered as a request would be', async () => {
    const answer = await run(wire, [
      {
        insert: 'accounts?select=id,balance',
        body: [
          { name: 'a', balance: 10 },
          { name: 'b', balance: 0 },
        ],
      },
      { rpc: 'deposit', body: { account: 2, amount: 5 } },
      { update: 'accounts?id=eq.1&select=balance', body: { balance: 5 } },
      { select: 'accounts?select=name,balance&order=id', prefer: 'count=exact' },
      { method: 'PATCH', path: '/accounts?id=eq.2', body: { name: 'c' } },
      {
        method: 'GET',
        path: '/rest/v1/accounts?id=eq.2&select=name',
        accept: 'application/vnd.pgrst.object+json',
      },
      { upsert: 'accounts?select=name', body: { name: 'new' }, prefer: 'count=exact' },
      { delete: 'accounts?id=eq.1&select=id' },
      { method: 'HEAD', path: '/accounts', prefer: 'count=exact' },
    ])
    expect(results(answer)).toEqual([
      {
        status: 201,
        count: null,
        body: [
          { id: 1, balance: 10 },
          { id: 2, balance: 0 },
        ],
      },
      { status: 200, count: null, body: 5 },
      { status: 200, count: null, body: [{ balance: 5 }] },
      {
        status: 200,
        count: 2,
        body: [
          { name: 'a', balance: 5 },
          { name: 'b', balance: 5 },
        ],
      },
      { status: 204, count: null, body: null },
      { status: 200, count: null, body: { name: 'c' } },
      { status: 201, count: 1, body: [{ name: 'new' }] },
      { status: 200, count: null, body: [{ id: 1 }] },
      { status: 200, count: 2, body: null },
    ])
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('an error in the middle names its step and leaves nothing behind', async () => {
    const answer = await run(wire, [
      { insert: 'accounts', body: { name: 'a' } },
      { update: 'accounts?name=eq.a', body: { balance: -1 } },
      { insert: 'accounts', body: { name: 'never' } },
    ])
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ code: '23514', step: 1, hint: null })
    expect(await accounts()).toBe(0)
  })

  test.each([
    ['a table that is not there', { select: 'nothing' }, 404, 'PGRST205'],
    ['a column that is not there', { insert: 'open', body: { nope: 1 } }, 400, 'PGRST204'],
    ['a filter that does not parse', { select: 'open?id=1' }, 400, 'PGRST100'],
    ['a duplicate', { insert: 'open', body: [{ id: 1 }, { id: 1 }] }, 409, '23505'],
    [
      'one row asked for, none found',
      { select: 'open', accept: 'application/vnd.pgrst.object+json' },
      406,
      'PGRST116',
    ],
    [
      'too many rows changed',
      {
        update: 'accounts?id=gte.0',
        body: { name: 'x' },
        prefer: 'handling=strict,max-affected=0',
      },
      400,
      'PGRST124',
    ],
    ['a range out of bounds', { select: 'open?offset=5', prefer: 'count=exact' }, 416, 'PGRST103'],
    ['a status of failure set by SQL', { rpc: 'teapot' }, 418, '418'],
    ['a write in a GET', { method: 'GET', path: '/rpc/deposit?account=1&amount=1' }, 405, '25006'],
    [
      'an unknown time zone',
      { select: 'open', prefer: 'handling=strict,timezone=Nowhere' },
      400,
      /./,
    ],
    ['the root', { method: 'GET', path: '/' }, 404, 'PGRST125'],
    ['a transaction in it', { rpc: 'transaction', body: { steps: [] } }, 404, 'PGRST202'],
    ['a schema that is not exposed', { select: 'keys', schema: 'basalt' }, 406, 'PGRST106'],
    ['a function that needs another isolation', { rpc: 'strict' }, 400, 'BTX01'],
  ] as const)('%s undoes the steps before', async (_, step, status, code) => {
    const answer = await run(wire, [{ insert: 'accounts', body: { name: 'a' } }, step])
    expect(answer.json).toMatchObject({ step: 1 })
    expect(answer.status).toBe(status)
    expect((answer.json as { code: string }).code).toMatch(code)
    expect(await accounts()).toBe(0)
  })

  test('a deferred constraint that fails at the end undoes everything, and belongs to no step', async () => {
    const answer = await run(wire, [
      { insert: 'accounts?select=id', body: { name: 'a' }, as: 'account' },
      { insert: 'entries', body: { account_id: { $ref: 'account.0.id' }, amount: 1 } },
      { method: 'DELETE', path: '/accounts?name=eq.a' },
    ])
    expect(answer.status).toBe(409)
    expect(answer.json).toMatchObject({ code: '23503' })
    expect(answer.json).not.toHaveProperty('step')
    expect(await accounts()).toBe(0)
  })

  describe('rights', () => {
    test('each caller sees and writes only what row-level security allows', async () => {
      results(await run(wire, [{ insert: 'accounts', body: { name: 'of ada' } }]))
      const [seen, changed] = results(
        await run(
          wire,
          [{ select: 'accounts' }, { update: 'accounts?id=eq.1', body: { name: 'x' } }],
          { as: bob },
        ),
      )
      expect(seen?.body).toEqual([])
      expect(changed?.body).toEqual([])
      const stolen = await run(wire, [{ insert: 'accounts', body: { owner: ada, name: 'x' } }], {
        as: bob,
      })
      expect(stolen.status).toBe(403)
      expect(stolen.json).toMatchObject({ code: '42501', step: 0 })
      const all = results(
        await run(wire, [{ select: 'accounts?select=name' }], { as: 'service_role' }),
      )
      expect(all[0]?.body).toEqual([{ name: 'of ada' }])
    })

    test('without a token it is the anonymous role, whose missing privilege asks for one', async () => {
      const [who] = results(await run(wire, [{ rpc: 'whoami' }], { as: 'anon' }))
      expect(who?.body).toBe('anon -')
      const refused = await run(
        wire,
        [{ insert: 'open', body: { id: 1 } }, { select: 'accounts' }],
        { as: 'anon' },
      )
      expect(refused.status).toBe(401)
      expect(refused.json).toMatchObject({ code: '42501', step: 1 })
      expect(await wire.server().count('select count(*)::int as n from open')).toBe(0)
    })

    test('every step has the role, the claims, and its own method and path', async () => {
      const answer = await run(
        wire,
        [
          { rpc: 'whoami' },
          { method: 'GET', path: '/rpc/asked', prefer: 'timezone=Asia/Tokyo' },
          { rpc: 'asked' },
          { rpc: 'whoami' },
        ],
        { headers: { 'x-test': 'here' } },
      )
      const [first, tokyo, after, last] = results(answer)
      expect(first?.body).toBe(`authenticated ${ada}`)
      expect(tokyo?.body).toEqual({
        method: 'GET',
        path: '/rpc/asked',
        agent: 'here',
        zone: 'Asia/Tokyo',
      })
      expect(after?.body).toEqual({
        method: 'POST',
        path: '/rpc/asked',
        agent: 'here',
        zone: 'UTC',
      })
      expect(last?.body).toBe(`authenticated ${ada}`)
    })

    test('settings of a function and a status set by SQL end with their step', async () => {
      const answer = await run(wire, [
        { rpc: 'timeout' },
        { rpc: 'hasty' },
        { rpc: 'timeout' },
        { rpc: 'created' },
        { select: 'open' },
      ])
      const [before, hasty, after, created, read] = results(answer)
      expect(hasty?.body).toBe('1234ms')
      expect(after?.body).toBe(before?.body)
      expect(created?.status).toBe(201)
      expect(read?.status).toBe(200)
    })

    test('a bad token is refused as ever', async () => {
      const { keys } = wire.server().platform
      const token = signToken('another secret that is long enough', { sub: ada })
      const answer = await wire.send('POST', '/rest/v1/rpc/transaction', {
        body: { steps: [{ select: 'open' }] },
        headers: { apikey: keys.anonKey, authorization: `Bearer ${token}` },
      })
      expect(answer.status).toBe(401)
      expect(answer.json).toMatchObject({ code: 'PGRST301' })
    })

    test('no API role reads the stored keys or takes them', async () => {
      for (const as of [ada, 'service_role'])
        for (const rpc of ['peek', 'claim']) {
          const answer = await run(wire, [{ rpc }], { as })
          expect(answer.json).toMatchObject({ code: '42501', step: 0 })
        }
    })
  })

  describe('references', () => {
    test('bodies and filters take values of earlier steps, by number and by name', async () => {
      const answer = await run(wire, [
        { insert: 'accounts?select=id', body: [{ name: 'a' }, { name: 'b' }], as: 'made' },
        {
          insert: 'entries',
          body: { account_id: { $ref: '0.1.id' }, amount: 1, note: { $literal: 'x' } },
        },
        { select: 'accounts?id=eq.$id&select=name', refs: { $id: 'made.0.id' } },
        { select: 'accounts?id=in.($all)&select=name&order=id', refs: { $all: 'made.*.id' } },
        {
          select: 'accounts?or=(id.eq.$a,name.eq.b)&select=name&order=id',
          refs: { $a: [0, 0, 'id'] },
        },
        { rpc: 'doubled', body: { list: { $ref: 'made.*.id' } } },
        {
          update: 'accounts?id=neq.$id&select=name,data',
          refs: { $id: 'made.0.id' },
          body: { data: { copy: { $ref: '2.0' } } },
        },
      ])
      const bodies = results(answer).map(({ body }) => body as unknown)
      expect(bodies[1]).toMatchObject([{ account_id: 2, note: 'x' }])
      expect(bodies.slice(2)).toEqual([
        [{ name: 'a' }],
        [{ name: 'a' }, { name: 'b' }],
        [{ name: 'a' }, { name: 'b' }],
        [2, 4],
        [{ name: 'b', data: { copy: { name: 'a' } } }],
      ])
    })

    test('a number keeps every digit on its way', async () => {
      const big = '9007199254740993'
      const { send } = wire
      const { keys } = wire.server().platform
      const body = `{"steps":[{"insert":"accounts?select=balance,data","body":{"balance":${big}.10,"data":{"n":${big}}}},
        {"insert":"accounts?select=balance,data","body":{"balance":{"$ref":"0.0.balance"},"data":{"$ref":"0.0.data"}}},
        {"select":"accounts?balance=eq.$n&select=balance","refs":{"$n":"0.0.balance"}}]}`
      const answer = await send('POST', '/rest/v1/rpc/transaction', {
        body,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${signToken(keys.jwtSecret, { sub: ada })}`,
        },
      })
      expect(answer.text.match(new RegExp(`${big}\\.10`, 'g'))).toHaveLength(4)
      expect(answer.text.match(new RegExp(`"n": ?${big}`, 'g'))).toHaveLength(2)
    })

    test.each([
      ['a step that comes later', { select: 'open?id=eq.$x', refs: { $x: '1.0.id' } }],
      ['itself', { insert: 'open', body: { id: { $ref: '0.id' } } }],
      ['an unknown name', { insert: 'open', body: { id: { $ref: 'nobody.id' } } }],
      ['nothing', { insert: 'open', body: { id: { $ref: '' } } }],
      ['no path at all', { insert: 'open', body: { id: { $ref: { a: 1 } } } }],
      [
        'a property of every object',
        { insert: 'open', body: { name: { $ref: '__proto__.constructor' } } },
      ],
    ])('a reference to %s is refused', async (_, step) => {
      const answer = await run(wire, [step])
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ code: 'BTX02', step: 0 })
    })

    test.each([
      '0.5.id',
      '0.0.nope',
      '0.0.constructor',
      '0.0.__proto__',
      '0.length',
      '0.0.id.x',
      '1.0',
      '0.*.nope',
    ])('a path that leads nowhere is refused: %s', async (path) => {
      const answer = await run(wire, [
        { insert: 'accounts?select=id', body: { name: 'a' } },
        { method: 'POST', path: '/open', body: { id: 1 } },
        { insert: 'open', body: { id: { $ref: path } } },
      ])
      expect(answer.json).toMatchObject({ code: 'BTX02', step: 2 })
      expect(await accounts()).toBe(0)
    })

    test.each([
      ['a column', 'accounts?$x=eq.1'],
      ['an operator', 'accounts?id=$x'],
      ['an order', 'accounts?order=$x'],
      ['a select', 'accounts?select=$x'],
      ['a cast', 'accounts?select=id::$x'],
      ['a JSON key', 'accounts?data->>$x=eq.1'],
      ['a part of a value', 'accounts?name=eq.a$x'],
      ['a table', '$x'],
    ])('a reference cannot stand for %s', async (_, select) => {
      const answer = await run(wire, [
        { insert: 'accounts?select=name', body: { name: 'name' } },
        { select, refs: { $x: '0.0.name' } },
      ])
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.json).toMatchObject({ step: 1 })
      expect(await accounts()).toBe(0)
    })

    const hostile = [
      `'; drop table accounts; --`,
      `"; drop table accounts; --`,
      `x),id.gt.0,(`,
      `1)&select=*`,
      `{"$ref":"0.0.id"}`,
      `$x`,
      `\\'; select pg_sleep(10); --`,
      `a,b","c`,
      `%27%3B`,
      `*`,
      `\u{1F600}\u200b`,
    ]
    test.each(hostile)('a referenced value is a value, whatever is in it: %s', async (text) => {
      const answer = await run(wire, [
        { insert: 'accounts?select=id,name', body: [{ name: text }, { name: 'other' }] },
        { select: 'accounts?name=eq.$x&select=name', refs: { $x: '0.0.name' } },
        { select: 'accounts?name=in.($x)&select=name', refs: { $x: '0.0.name' } },
        { select: 'accounts?or=(name.eq.$x)&select=name', refs: { $x: '0.0.name' } },
        { insert: 'accounts?select=name', body: { name: { $ref: '0.0.name' } } },
      ])
      const bodies = results(answer).map(({ body }) => body as unknown)
      for (const body of bodies.slice(1)) expect(body).toEqual([{ name: text }])
      expect(await accounts()).toBe(3)
    })

    test('data that looks like a marker is data where it was not declared one', async () => {
      const [, read] = results(
        await run(wire, [
          { insert: 'accounts', body: { name: '$x' } },
          { select: 'accounts?name=eq.$x&select=name' },
        ]),
      )
      expect(read?.body).toEqual([{ name: '$x' }])
    })
  })

  describe('form', () => {
    test.each([
      ['no object', '[]', 'BTX01'],
      ['no JSON', '{', 'PGRST102'],
      ['nothing', '', 'PGRST102'],
      ['no steps', '{}', 'BTX01'],
      ['an empty list', '{"steps":[]}', 'BTX01'],
      ['an unknown field', '{"steps":[{"select":"open"}],"x":1}', 'BTX01'],
      ['an unknown field of a step', '{"steps":[{"select":"open","where":1}]}', 'BTX01'],
      ['two verbs', '{"steps":[{"select":"open","delete":"open"}]}', 'BTX01'],
      ['an unknown method', '{"steps":[{"method":"TRACE","path":"/open"}]}', 'BTX01'],
      ['no path', '{"steps":[{"method":"GET"}]}', 'BTX01'],
      ['a NUL in a path', '{"steps":[{"select":"op\\u0000en"}]}', 'BTX01'],
      ['a NUL in a preference', '{"steps":[{"select":"open","prefer":"a\\u0000b"}]}', 'BTX01'],
      ['a lone surrogate in a path', '{"steps":[{"select":"open?name=eq.\\ud800"}]}', 'BTX01'],
      ['a body that is read', '{"steps":[{"select":"open","body":{}}]}', 'BTX01'],
      ['another media type', '{"steps":[{"select":"open","accept":"text/csv"}]}', 'BTX01'],
      ['an unknown isolation', '{"steps":[{"select":"open"}],"isolation":"chaos"}', 'BTX01'],
      [
        'a name twice',
        '{"steps":[{"select":"open","as":"a"},{"select":"open","as":"a"}]}',
        'BTX01',
      ],
      ['a name that is a number', '{"steps":[{"select":"open","as":"1"}]}', 'BTX01'],
      ['refs that are no paths', '{"steps":[{"select":"open","refs":{"a":1}}]}', 'BTX01'],
      ['no object as a step', '{"steps":[1]}', 'BTX01'],
      [
        'an abyss',
        `{"steps":[{"insert":"open","body":${'['.repeat(5000)}${']'.repeat(5000)}}]}`,
        'BTX01',
      ],
    ])('%s is refused', async (_, body, code) => {
      const answer = await wire.send('POST', '/rest/v1/rpc/transaction', {
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer.json).toMatchObject({ code })
      expect(answer.status).toBe(400)
    })

    test('a hundred steps are run, one more is refused', async () => {
      const steps = Array.from({ length: 101 }, (_, id) => ({
        method: 'POST',
        path: '/open',
        body: { id },
      }))
      expect(results(await run(wire, steps.slice(0, 100), { as: 'anon' }))).toHaveLength(100)
      const refused = await run(wire, steps.slice(0, 101), { as: 'anon' })
      expect(refused.json).toMatchObject({
        code: 'BTX01',
        details: 'There are 101 steps; at most 100 are allowed',
      })
    })

    test('GET finds no such function', async () => {
      const answer = await wire.send('GET', '/rest/v1/rpc/transaction')
      expect(answer.json).toMatchObject({ code: 'PGRST202' })
    })
  })

  describe('isolation', () => {
    test('the level asked for is the one it runs at', async () => {
      for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
        const [level] = results(await run(wire, [{ rpc: 'level' }], { more: { isolation } }))
        expect(level?.body).toBe(isolation)
      }
      const [strict] = results(
        await run(wire, [{ rpc: 'strict' }], { more: { isolation: 'serializable' } }),
      )
      expect(strict?.body).toBe(1)
    })

    test('a serialization failure is reported as 40001 and nothing of it is kept', async () => {
      results(await run(wire, [{ insert: 'accounts', body: { name: 'a', balance: 1 } }]))
      const steps = [
        { select: 'accounts?select=balance' },
        { rpc: 'wait_for', body: { lock: 77 } },
        { update: 'accounts?id=eq.1', body: { balance: 2 } },
      ]
      const server = wire.server()
      const answers = await withLock(server.databaseUrl, 77, async (release) => {
        const waiting = run(wire, steps, { more: { isolation: 'serializable' } })
        await expect.poll(() => server.count(waiters), { timeout: 10_000 }).toBe(1)
        results(await run(wire, [{ update: 'accounts?id=eq.1', body: { balance: 9 } }]))
        await release()
        return waiting
      })
      expect(answers.json).toMatchObject({ code: '40001', step: 2 })
      expect(await server.count('select balance::int as n from accounts')).toBe(9)
    })
  })

  describe('Idempotency-Key', () => {
    const insert = [{ insert: 'accounts?select=id', body: { name: 'once' } }]

    test.each(['read committed', 'repeatable read', 'serializable'])(
      'the same transaction again is answered from the first, at %s',
      async (isolation) => {
        const sent = { key: randomUUID(), more: { isolation } }
        const first = await run(wire, insert, sent)
        const again = await run(wire, insert, sent)
        results(first)
        expect(again.text).toBe(first.text)
        expect(again.status).toBe(200)
        expect(first.headers.get('idempotency-replayed')).toBeNull()
        expect(again.headers.get('idempotency-replayed')).toBe('true')
        expect(await accounts()).toBe(1)
      },
    )

    test('another body under the same key is refused', async () => {
      const key = randomUUID()
      await run(wire, insert, { key })
      const answer = await run(wire, [...insert, ...insert], { key })
      expect(answer.status).toBe(422)
      expect(answer.json).toMatchObject({ code: 'BTX07' })
      expect(await accounts()).toBe(1)
    })

    test('a key is its caller’s own', async () => {
      const key = randomUUID()
      for (const as of [ada, bob]) results(await run(wire, insert, { key, as }))
      const open = [{ insert: 'open', body: { id: 1 } }]
      results(await run(wire, open, { key, as: 'anon' }))
      const service = await run(wire, open, { key, as: 'service_role' })
      expect(service.json).toMatchObject({ code: '23505' })
      expect(await accounts()).toBe(2)
    })

    test('a failed transaction leaves its key free', async () => {
      const key = randomUUID()
      const steps = [...insert, { insert: 'open', body: { id: 1 } }]
      await wire.server().script('insert into open values (1)')
      expect((await run(wire, steps, { key })).status).toBe(409)
      await wire.server().script('delete from open')
      results(await run(wire, steps, { key }))
      expect(await accounts()).toBe(1)
    })

    test.each(['read committed', 'serializable'])(
      'of two at the same time one runs and the other is told so, at %s',
      async (isolation) => {
        const sent = { key: randomUUID(), more: { isolation } }
        const steps = [...insert, { rpc: 'wait_for', body: { lock: 78 } }]
        const server = wire.server()
        const [first, second] = await withLock(server.databaseUrl, 78, async (release) => {
          const running = run(wire, steps, sent)
          await expect.poll(() => server.count(waiters), { timeout: 10_000 }).toBe(1)
          const refused = await run(wire, steps, sent)
          await release()
          return [await running, refused]
        })
        results(first)
        expect(second.status).toBe(409)
        expect(second.json).toMatchObject({ code: 'BTX06' })
        expect((await run(wire, steps, sent)).text).toBe(first.text)
        expect(await accounts()).toBe(1)
      },
    )

    test.each(['read committed', 'serializable'])(
      'many at once run once, at %s',
      async (isolation) => {
        const sent = { key: randomUUID(), more: { isolation } }
        const answers = await Promise.all(Array.from({ length: 12 }, () => run(wire, insert, sent)))
        for (const { status, json } of answers)
          if (status !== 200) expect(json).toMatchObject({ code: 'BTX06' })
        expect(answers.some(({ status }) => status === 200)).toBe(true)
        expect(await accounts()).toBe(1)
      },
    )

    test('serializable transactions with different keys do not disturb one another', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, id) =>
          run(wire, [{ method: 'POST', path: '/open', body: { id } }], {
            key: randomUUID(),
            more: { isolation: 'serializable' },
          }),
        ),
      )
      expect(answers.map(({ text }) => text)).toEqual(
        answers.map(() => '[{"status":201,"count":null,"body":null}]'),
      )
    })

    test('after a day the key is forgotten, and the old answers are cleared away', async () => {
      const key = randomUUID()
      const server = wire.server()
      results(await run(wire, insert, { key }))
      results(await run(wire, insert, { key: randomUUID() }))
      await server.script(
        `update basalt.idempotency_keys set created_at = now() - interval '24 hours 1 second'`,
      )
      const again = await run(wire, insert, { key })
      expect(again.headers.get('idempotency-replayed')).toBeNull()
      expect(await accounts()).toBe(3)
      expect(await server.count('select count(*)::int as n from basalt.idempotency_keys')).toBe(1)
    })

    test('an expired key is free at a stricter isolation too', async () => {
      const sent = { key: randomUUID(), more: { isolation: 'serializable' } }
      results(await run(wire, insert, sent))
      await wire
        .server()
        .script(`update basalt.idempotency_keys set created_at = now() - interval '2 days'`)
      expect((await run(wire, insert, sent)).headers.get('idempotency-replayed')).toBeNull()
      expect(await accounts()).toBe(2)
    })

    test('many replays at once are all answered', async () => {
      const key = randomUUID()
      const first = await run(wire, insert, { key })
      const again = await Promise.all(Array.from({ length: 20 }, () => run(wire, insert, { key })))
      expect(new Set(again.map(({ text }) => text))).toEqual(new Set([first.text]))
    })

    test('a connection that dies before the commit leaves nothing, and the key free', async () => {
      const key = randomUUID()
      const server = wire.server()
      const steps = [...insert, { rpc: 'wait_for', body: { lock: 79 } }]
      await withLock(server.databaseUrl, 79, async (release) => {
        const running = run(wire, steps, { key })
        await expect.poll(() => server.count(waiters), { timeout: 10_000 }).toBe(1)
        await server.script(
          `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted`,
        )
        expect((await running).status).toBe(503)
        await release()
      })
      expect(await accounts()).toBe(0)
      results(await run(wire, steps, { key }))
      expect(await accounts()).toBe(1)
    })

    test.each(['', 'é', 'x'.repeat(256)])('%j is no key', async (key) => {
      const answer = await run(wire, insert, { key })
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ code: 'BTX05' })
    })
  })
})

const waiters = `select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`

/** Holds an advisory lock that `wait_for` waits for, until released. */
async function withLock<T>(
  url: string,
  lock: number,
  work: (release: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  let free = (): void => {}
  const freed = new Promise<void>((resolve) => (free = resolve))
  let held = (): void => {}
  const holds = new Promise<void>((resolve) => (held = resolve))
  const holding = db.begin(ownSession, async (transaction) => {
    await transaction.script('test.lock', `select pg_advisory_xact_lock(${lock})`)
    held()
    await freed
  })
  try {
    await holds
    return await work(async () => {
      free()
      await holding
    })
  } finally {
    free()
    await holding
    await db.close()
  }
}
