/** Quotes, backslashes, NUL, comments and Unicode in every position of the grammar: never a 500, never more than was asked for, never a changed row. */
import { beforeAll, describe, expect, test } from 'vitest'
import { signToken } from './sign-token.ts'
import { describeWire } from './wire.ts'
import type { Answer, SendOptions, Wire } from './wire.ts'

const schema = `
  create table public.others (id int primary key, name text);
  create table public.things (id int primary key, name text, n int, doc jsonb, tags text[], span int4range, body tsvector,
    other_id int references public.others);
  create table public.hidden (id int primary key, name text);
  create table public.sink (id int generated always as identity primary key, txt text, doc jsonb);
  insert into public.others values (1, 'other');
  insert into public.things values (1, 'one', 1, '{"k":1}', '{a}', '[1,2)', 'cat', 1), (2, 'two', 2, '{}', '{}', 'empty', '', 1);
  insert into public.hidden values (1, 'top secret');
  alter table public.hidden enable row level security;
  create function public.echo(txt text) returns text language sql as $$ select txt $$;
  create function public.listed(most int) returns setof public.things language sql stable as $$ select * from things where id <= most $$;`

/** `npm run drill:fuzz`: all texts at all places. */
const isDrill = process.env['FUZZ_REQUESTS'] !== undefined

const nul = '\0'
/** Evaluated, it fails with an error that has the word as one; as text it has not. */
const proof = `('lea'||'ked')::int`

const hostile = [
  // each would be SQL where one kind of quotes is not escaped
  `id", ${proof} as "x`,
  `id" = ${proof} or "id`,
  `id" = ${proof} or "things"."id`,
  `id", ${proof}, "things"."id`,
  `k'->(${proof})->'x`,
  `' || ${proof} || '`,
  `x'::text = (${proof})::text or 'x`,
  `\\' || ${proof} || '`,
  `, ${proof}`,
  `) or ${proof} = (1`,
  `1 offset ${proof}`,
  `'`,
  `''`,
  `"`,
  `""`,
  `\``,
  `\\`,
  `\\'`,
  `\\"`,
  `\\\\'`,
  `E'\\''`,
  `$$`,
  `$1`,
  `$tag$`,
  `--`,
  `/*`,
  `*/`,
  `;`,
  `#`,
  `%`,
  `_`,
  `*`,
  `?`,
  `'; drop table things; --`,
  `"; drop table things; --`,
  `'; update things set name='x'; --`,
  `' or '1'='1`,
  `" or 1=1 --`,
  `') or true --`,
  `1; select pg_sleep(5)`,
  `x' union select name from hidden --`,
  `") from hidden; --`,
  `id, (select name from hidden)`,
  `text); drop table things; --`,
  `\${1+1}`,
  `{{1}}`,
  `%27%20or%201=1`,
  `&select=*`,
  `,`,
  `.`,
  `:`,
  `::`,
  `::text`,
  `->`,
  `->>`,
  `!`,
  `(`,
  `)`,
  `()`,
  `{`,
  `}`,
  `{"a":`,
  `[`,
  `]`,
  `=`,
  `<`,
  `null`,
  `not.`,
  `eq.`,
  `-1`,
  `1e999`,
  ' ',
  '\t',
  '\n',
  '\r\nx-evil: 1',
  '\b',
  '\u007f',
  nul,
  `a${nul}b`,
  `'${nul}`,
  'é',
  '名前',
  '\u{1d54f}',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\u2019',
  '\u02bc',
  '\uff07',
  '\uffff',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
] as const

interface Position {
  readonly method?: string
  readonly path: string
  readonly options?: SendOptions
}

const p = encodeURIComponent
/** As a text in double quotes, which the grammar reads back. */
const quoted = (text: string): string =>
  p(`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
const things = (query: string): Position => ({ path: `/things?${query}` })
const sent = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Position => ({
  method,
  path,
  options: { body, headers },
})

/** Where a text of the caller's can stand in a query. */
const queries: Readonly<Record<string, (text: string) => Position>> = {
  'a table': (x) => ({ path: `/${p(x)}` }),
  'a function': (x) => ({ path: `/rpc/${p(x)}` }),
  'a deeper path': (x) => ({ path: `/things/${p(x)}` }),
  'a selected column': (x) => things(`select=${p(x)}`),
  'a quoted column': (x) => things(`select=${quoted(x)}`),
  'an alias': (x) => things(`select=${p(x)}:id`),
  'a quoted alias': (x) => things(`select=${quoted(x)}:id`),
  'a cast': (x) => things(`select=id::${p(x)}`),
  'a JSON key': (x) => things(`select=doc->${p(x)}`),
  'a JSON key as text': (x) => things(`select=doc->>${p(x)}`),
  'a quoted JSON key': (x) => things(`select=doc->${quoted(x)}->>${quoted(x)}`),
  'an aggregate': (x) => things(`select=n.${p(x)}()`),
  'a cast of an aggregate': (x) => things(`select=n.sum()::${p(x)}`),
  'an embedded resource': (x) => things(`select=${p(x)}(*)`),
  'a quoted resource': (x) => things(`select=${quoted(x)}(*)`),
  'the alias of a resource': (x) => things(`select=${p(x)}:others(id)`),
  'the quoted alias of a resource': (x) => things(`select=${quoted(x)}:others(id)`),
  'a hint': (x) => things(`select=others!${p(x)}(*)`),
  'a quoted hint': (x) => things(`select=others!${quoted(x)}!inner(*)`),
  'a column of a resource': (x) => things(`select=others(${p(x)})`),
  'a spread resource': (x) => things(`select=...${p(x)}(*)`),
  'a spread alias': (x) => things(`select=...others(${quoted(x)}:id)`),
  'a filtered column': (x) => things(`${p(x)}=eq.1`),
  'a quoted filtered column': (x) => things(`${quoted(x)}=eq.1`),
  'a filtered column of a resource': (x) => things(`select=others(id)&others.${p(x)}=eq.1`),
  'a filtered resource': (x) => things(`select=others(id)&${quoted(x)}.id=eq.1`),
  'a filtered JSON key': (x) => things(`doc->>${p(x)}=eq.1`),
  'a quoted filtered JSON key': (x) => things(`doc->>${quoted(x)}=eq.1`),
  'an operator': (x) => things(`name=${p(x)}.x`),
  'a negated operator': (x) => things(`name=not.${p(x)}.x`),
  'a quantifier': (x) => things(`name=eq(${p(x)}).{x}`),
  'a search language': (x) => things(`body=fts(${p(x)}).cat`),
  'a value': (x) => things(`name=eq.${p(x)}`),
  'a whole filter': (x) => things(`name=${p(x)}`),
  'a number': (x) => things(`id=gt.${p(x)}`),
  'a pattern': (x) => things(`name=like.${p(x)}`),
  'a regular expression': (x) => things(`name=match.${p(x)}`),
  patterns: (x) => things(`name=like(any).${p(x)}`),
  'a list item': (x) => things(`name=in.(${p(x)})`),
  'a quoted list item': (x) => things(`name=in.(${quoted(x)},x)`),
  'what is is': (x) => things(`name=is.${p(x)}`),
  'what is distinct': (x) => things(`name=isdistinct.${p(x)}`),
  'an array': (x) => things(`tags=cs.{${p(x)}}`),
  'a document': (x) => things(`doc=cs.${p(x)}`),
  'a range': (x) => things(`span=sl.${p(x)}`),
  'a search': (x) => things(`body=fts.${p(x)}`),
  'a web search': (x) => things(`body=wfts(english).${p(x)}`),
  'a bound': (x) => things(`name=between.(${quoted(x)},${p(x)})`),
  'a value in a tree': (x) => things(`or=(name.eq.${p(x)},id.eq.1)`),
  'a quoted value in a tree': (x) => things(`or=(name.eq.${quoted(x)},id.eq.1)`),
  'a column in a tree': (x) => things(`or=(${p(x)}.eq.1,id.eq.1)`),
  'a tree': (x) => things(`and=${p(x)}`),
  'the name of a tree': (x) => things(`${p(x)}.or=(id.eq.1)`),
  'an order': (x) => things(`order=${p(x)}`),
  'a quoted order': (x) => things(`order=${quoted(x)}.desc`),
  'a direction': (x) => things(`order=id.${p(x)}`),
  'an order of a resource': (x) => things(`select=others(id)&others.order=${quoted(x)}`),
  'an order by a resource': (x) => things(`select=others(id)&order=${quoted(x)}(id)`),
  'a limit': (x) => things(`limit=${p(x)}`),
  'an offset': (x) => things(`offset=${p(x)}`),
  'a limit of a resource': (x) => things(`select=others(id)&others.limit=${p(x)}`),
  'a group': (x) => things(`select=n.sum()&group_by=${quoted(x)}`),
  'the name of an argument': (x) => ({ path: `/rpc/echo?${p(x)}=1` }),
  'an argument': (x) => ({ path: `/rpc/echo?txt=${p(x)}` }),
  'an argument of another type': (x) => ({ path: `/rpc/listed?most=${p(x)}` }),
  'a filter of a function': (x) => ({ path: `/rpc/listed?most=2&${quoted(x)}=eq.1` }),
  'a whole query': (x) => ({ path: `/things?${p(x)}` }),
}

/** …in a write. `keep` rows have names that are no hostile text. */
const writes: Readonly<Record<string, (text: string) => Position>> = {
  'a table written to': (x) => sent('POST', `/${p(x)}`, { id: 1 }),
  'a column written': (x) => sent('POST', '/things', { [x]: 1 }),
  'a column updated': (x) => sent('PATCH', '/things?id=eq.1', { [x]: 1 }),
  columns: (x) => sent('POST', `/things?columns=${p(x)}`, [{ id: 1 }]),
  'quoted columns': (x) => sent('POST', `/things?columns=${quoted(x)}`, [{ id: 1 }]),
  on_conflict: (x) =>
    sent(
      'POST',
      `/things?on_conflict=${p(x)}`,
      { id: 1 },
      { prefer: 'resolution=merge-duplicates' },
    ),
  'a quoted on_conflict': (x) =>
    sent(
      'POST',
      `/things?on_conflict=${quoted(x)}`,
      { id: 1 },
      { prefer: 'resolution=ignore-duplicates' },
    ),
  'a number written': (x) => sent('POST', '/things', { id: x === '-1' || x === ' ' ? 'x' : x }),
  'the header of CSV': (x) => sent('POST', '/things', `${x}\n1`, { 'content-type': 'text/csv' }),
  'the name of a form’s field': (x) =>
    sent('POST', '/things', `${p(x)}=1`, { 'content-type': 'application/x-www-form-urlencoded' }),
  'a value of an update': (x) => sent('PATCH', `/things?name=eq.${p(x)}`, { name: 'changed' }),
  'a quoted tree of an update': (x) =>
    sent('PATCH', `/things?or=(name.eq.${quoted(x)})`, { name: 'changed' }),
  'a column of an update’s filter': (x) =>
    sent('PATCH', `/things?${quoted(x)}=eq.1`, { name: 'changed' }),
  'a value of a deletion': (x) => sent('DELETE', `/things?name=eq.${p(x)}`),
  'a list of a deletion': (x) => sent('DELETE', `/things?name=in.(${quoted(x)})`),
  'a quoted tree of a deletion': (x) =>
    sent('DELETE', `/things?and=(name.eq.${quoted(x)},id.gt.0)`),
  'what a deletion returns': (x) =>
    sent('DELETE', `/things?id=eq.99&select=${quoted(x)}`, undefined, {
      prefer: 'return=representation',
    }),
  'the key of a PUT': (x) => sent('PUT', `/things?id=eq.${p(x)}`, { id: 99 }),
  'an argument’s name in a body': (x) => sent('POST', '/rpc/echo', { [x]: 1 }),
  'the body itself': (x) => sent('POST', '/things', x, { 'content-type': 'application/json' }),
  'a step’s table': (x) => sent('POST', '/rpc/transaction', { steps: [{ select: x }] }),
  'a step’s value': (x) =>
    sent('POST', '/rpc/transaction', { steps: [{ delete: `things?name=eq.${p(x)}` }] }),
  'a step’s preference': (x) =>
    sent('POST', '/rpc/transaction', { steps: [{ select: 'things', prefer: x }] }),
  'a step’s schema': (x) =>
    sent('POST', '/rpc/transaction', { steps: [{ select: 'things', schema: x }] }),
  'a reference': (x) =>
    sent('POST', '/rpc/transaction', { steps: [{ select: 'things?id=eq.$x', refs: { $x: x } }] }),
  'a marker': (x) =>
    sent('POST', '/rpc/transaction', {
      steps: [{ select: `things?name=eq.${p(x)}`, refs: { [x]: '0' } }],
    }),
}

const header = (name: string, value: string, method = 'GET'): Position =>
  sent(method, '/things', method === 'GET' ? undefined : { id: 1 }, { [name]: value })

/** …in a header. */
const headers: Readonly<Record<string, (text: string) => Position>> = {
  Prefer: (x) => header('prefer', x),
  'a time zone': (x) => header('prefer', `handling=strict, timezone=${x}`),
  'a strict preference': (x) => header('prefer', `handling=strict, ${x}`),
  'a resolution': (x) => header('prefer', `resolution=${x}, return=${x}, missing=${x}`, 'POST'),
  'a count': (x) => header('prefer', `count=${x}, max-affected=${x}`),
  Accept: (x) => header('accept', x),
  'a media type’s option': (x) =>
    header('accept', `application/vnd.pgrst.plan+json; for="${x}"; options=${x}`),
  'Accept-Profile': (x) => header('accept-profile', x),
  'Content-Profile': (x) => header('content-profile', x, 'POST'),
  'Content-Type': (x) => header('content-type', x, 'POST'),
  Range: (x) => header('range', x),
  'a cookie': (x) => header('cookie', `a=${x}`),
  'another header': (x) => header(`x-other`, x),
}

/** Fits into a header's value: no client sends anything else. */
const isHeader = (text: string): boolean =>
  /^[\x20-\x7e\xa0-\xff]*$/.test(text) && text.length < 1_000

const state = `select (('x' || substr(md5(
    (select coalesce(string_agg(t::text, '|' order by id), '') from things t) || (select string_agg(o::text, '|' order by id) from others o) ||
    (select string_agg(h::text, '|' order by id) from hidden h) ||
    (select string_agg(c.relname, '|' order by c.relname) from pg_class c where c.relnamespace = 'public'::regnamespace)
  ), 1, 7))::bit(28))::int as n`

const all = [...Object.entries(queries), ...Object.entries(writes)].map(
  (entry) => [...entry, hostile] as const,
)
const inHeaders = Object.entries(headers).map(
  (entry) => [...entry, hostile.filter(isHeader)] as const,
)

describeWire('hostile text', { schema }, (wire) => {
  let before = 0
  beforeAll(async () => {
    before = await wire.server().count(state)
  })

  test.each([...all, ...inHeaders])('as %s', async (name, place, candidates) => {
    // others at the next place; a socket changes little
    const every = isDrill ? 1 : wire.name === 'in process' ? 3 : 12
    const texts = candidates.filter((_, index) => (index + name.length) % every === 0)
    const answers = await Promise.all(texts.map((text) => ask(wire, place(text))))
    for (const [index, answer] of answers.entries())
      expectHarmless(answer, texts[index] as string, name.startsWith('a cast'))
    expect(await wire.server().count(state)).toBe(before)
    expect(wire.server().logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('as the claims of a token', async () => {
    const { keys } = wire.server().platform
    for (const text of hostile)
      for (const claims of [
        { sub: text },
        { role: text },
        { sub: 'x', app_metadata: { [text]: text } },
      ]) {
        const authorization = `Bearer ${signToken(keys.jwtSecret, claims)}`
        expectHarmless(await ask(wire, sent('GET', '/hidden', undefined, { authorization })), text)
      }
    expect(await wire.server().count(state)).toBe(before)
  })

  describe('as a value', () => {
    const storable = hostile.filter((text) => !text.includes(nul))
    const roundTrips: Readonly<Record<string, (text: string) => Position>> = {
      JSON: (x) => sent('POST', '/sink?select=txt', { txt: x }),
      'JSON with columns': (x) =>
        sent('POST', '/sink?select=txt&columns=txt', [{ txt: x, doc: 1 }]),
      CSV: (x) =>
        sent('POST', '/sink?select=txt', `txt\n"${x.replaceAll('"', '""')}"`, {
          'content-type': 'text/csv',
        }),
      'a form': (x) =>
        sent('POST', '/sink?select=txt', `txt=${p(x)}`, {
          'content-type': 'application/x-www-form-urlencoded',
        }),
    }
    test.each(Object.entries(roundTrips))(
      'of %s it is stored and found as it is',
      async (_, place) => {
        for (const text of storable) {
          const { path, options, method = 'POST' } = place(text)
          const insert = await wire.send(method, `/rest/v1${path}`, {
            ...options,
            headers: { ...options?.headers, prefer: 'return=representation' },
          })
          // what CSV calls NULL
          const stored =
            text === 'null' && path.endsWith('txt') && typeof options?.body === 'string'
              ? insert.json
              : [{ txt: text }]
          expect(insert.json, text).toEqual(stored)
          const found = await wire.send('GET', `/rest/v1/sink?select=txt&limit=1&txt=eq.${p(text)}`)
          expect(found.json).toEqual([{ txt: text }])
        }
      },
    )

    test('of a function it comes back as it is', async () => {
      for (const text of storable) {
        expect((await wire.send('POST', '/rest/v1/rpc/echo', { body: { txt: text } })).json).toBe(
          text,
        )
        const form = await wire.send('POST', '/rest/v1/rpc/echo', {
          body: `txt=${p(text)}`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
        expect(form.json).toBe(text)
      }
    })
  })

  test('bytes that are no UTF-8 are refused in every part of a URL', async () => {
    for (const bytes of ['%FF', '%C0%A7', '%ED%A0%80', '%E2%82', '%F5%80%80%80'])
      for (const path of [
        `/${bytes}`,
        `/things?name=eq.${bytes}`,
        `/things?select=${bytes}`,
        `/things?${bytes}=eq.1`,
        `/things?order=${bytes}`,
      ])
        expect((await wire.send('GET', `/rest/v1${path}`)).status, path).toBe(400)
  })
})

async function ask(wire: Wire, { method = 'GET', path, options }: Position): Promise<Answer> {
  return wire.send(method, `/rest/v1${path}`, options ?? {})
}

function expectHarmless(answer: Answer, text: string, isCast = false): void {
  expect(answer.status, `${JSON.stringify(text)}: ${answer.text}`).toBeLessThan(500)
  expect(answer.text).not.toMatch(/top secret|leaked/)
  // a type is written as it was asked for; nothing else of a request can be bad syntax
  if (!isCast) expect(answer.text, text).not.toContain('syntax error at')
  expect(answer.headers.get('x-evil')).toBeNull()
  if (answer.status >= 400 && answer.text !== '')
    expect(answer.json, answer.text).toMatchObject({ message: expect.any(String) as string })
}
