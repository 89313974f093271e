import { expect, test } from 'vitest'
import { judgeSource, namesIn, namesMovingTime } from './judge-source.ts'
import { compileRoutes, wishOf } from './request-rules.ts'

test.each([
  ['select id from public.items where price > 5', false, null],
  ['(owner = (select auth.uid() as uid))', false, null],
  ["current_setting('request.jwt.claims', true)::json ->> 'sub'", true, null],
  ["CURRENT_SETTING( 'APP.USER_ID' , true)", true, null],
  ["current_setting('app.settings.shop')", false, null],
  ["current_setting('request.headers', true)", true, /request\.headers/],
  ["current_setting('request.' || 'headers')", true, /names that are not written/],
  [`"current_setting"('request.cookies')`, true, /request\.cookies/],
  [`current_setting(E'request\\x2eheaders')`, true, /names that are not written/],
  ['seen < now()', true, /time/],
  ["day = 'today'::date", true, /time/],
  ['day = CURRENT_DATE', true, /time/],
  ['age(born) > interval $$18 years$$', true, /time/],
  ['select age from people', false, null],
  ['select pg_backend_pid()', true, /session/],
  ['select * from pg_stat_activity', true, /session/],
  ['SET search_path TO pg_catalog, pg_temp', false, null],
  ['select U&"n\\006fw"()', true, /escaped/],
])('%s', (source, readsClaims, refusal) => {
  const judged = judgeSource(source, false)
  expect(judged.readsClaims).toBe(readsClaims)
  if (refusal === null) expect(judged.refusal).toBeNull()
  else expect(judged.refusal).toMatch(refusal)
})

test('what may be SQL that is not written there is refused', () => {
  expect(judgeSource('begin execute sql into n; end', true).refusal).toMatch(/dynamic/)
  expect(judgeSource('select execute from jobs', false).refusal).toBeNull()
})

test('names are found however they are written', () => {
  const names = namesIn(`$f$select 'it"s' from Products p join "Odd ""One""" o on "a b"$f$`)
  for (const name of ['products', 'Products', 'p', 'Odd "One"', 'a b', 'select', 'f'])
    expect(names).toContain(name)
})

test.each([
  ['created=gte.today', true],
  ['created=gte.%74oday', true],
  ['created=gte.NOW()', true],
  ['title=eq.know', false],
  ['created=gte.2026-01-01', false],
  ['title=eq.%zz', true],
])('%s moves with the time: %s', (query, moves) => {
  expect(namesMovingTime(query)).toBe(moves)
})

test('what clients wish', () => {
  expect(wishOf({})).toMatchObject({ reads: true, writes: true })
  expect(wishOf({ 'cache-control': 'No-Cache' })).toMatchObject({ reads: false, writes: true })
  expect(wishOf({ 'cache-control': 'max-age=0' })).toMatchObject({ reads: false, writes: true })
  expect(wishOf({ 'cache-control': 'max-age=x' })).toMatchObject({ reads: false })
  expect(wishOf({ 'cache-control': 'a, no-store, max-age=9' })).toMatchObject({ writes: false })
  expect(wishOf({ 'cache-control': 'max-age=9' })).toMatchObject({ reads: true, maxAgeMs: 9000 })
})

test('routes are paths, or all below one', () => {
  const isNamed = compileRoutes(['products', '/rest/v1/rpc/top', 'rpc/list/*'])
  for (const path of ['/products', '/rpc/top', '/rpc/list/x']) expect(isNamed(path)).toBe(true)
  for (const path of ['/product', '/products/', '/rpc', '/rpc/list', '/PRODUCTS'])
    expect(isNamed(path)).toBe(false)
})
