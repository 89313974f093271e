/** vector: what pgvector gives, given by the stand-in; with `BASALT_TEST_POSTGRES`, by the pgvector that is there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'

let database: ExtensionDatabase
let isReal = false
/** What the stand-in says of itself, or in other words. */
const ofStandIn = (context: { readonly skip: (condition: boolean) => void }): void =>
  context.skip(isReal)
const value = async (expression: string): Promise<unknown> =>
  (await database.rows<{ v: unknown }>(`select ${expression} as v`))[0]?.v

beforeAll(async () => {
  database = await openExtensionDatabase()
  const [found] = await database.rows<{ isReal: boolean }>(
    `select comment like '%ivfflat%' as "isReal" from pg_available_extensions where name = 'vector'`,
  )
  isReal = found?.isReal === true
  await database.script(
    `create extension vector with schema extensions version '0.8.0'`,
    isReal ? 'supabase_admin' : 'postgres',
  )
})
afterAll(() => database.close())

test('is made by postgres under the version asked for, its objects are the superuser’s', async (context) => {
  ofStandIn(context)
  expect(
    await database.rows(`
      select extversion, extowner::regrole::text as owner, proowner::regrole::text as owner_of_functions
      from pg_extension, pg_proc where extname = 'vector' and proname = 'vector_norm'`),
  ).toEqual([{ extversion: '0.8.0', owner: 'postgres', owner_of_functions: 'supabase_admin' }])
  expect(database.notices.join()).toMatch(/stand-in/)
})

describe('values', () => {
  test.each([
    [`'[1, 2,3]'::vector(3)::text`, '[1,2,3]'],
    [`'[1.50, -2e3]'::vector(2)::text`, '[1.5,-2000]'],
    [`array[1,2,3]::vector::text`, '[1,2,3]'],
    [`array[1.5,2]::numeric[]::vector(2)::text`, '[1.5,2]'],
    [`'[1,2]'::vector::real[]::text`, '{1,2}'],
    [`array[1,2]::real[]::halfvec(2)::text`, '[1,2]'],
    [`'[1,2,3]'::vector <-> '[3,2,1]'`, Math.sqrt(8)],
    [`l2_distance('[0,0]'::vector, '[3,4]')`, 5],
    [`'[1,2]'::vector <#> '[3,4]'`, -11],
    [`inner_product('[1,2]'::vector, '[3,4]')`, 11],
    [`'[1,2]'::vector <=> '[2,4]'`, 0],
    [`'[1,2]'::vector <=> '[1,2]'`, 0],
    [`'[1,0]'::vector <=> '[0,2]'`, 1],
    [`cosine_distance('[1,1]'::vector, '[-1,-1]')`, 2],
    [`cosine_distance('[1,2]'::vector, '[0,0]')`, Number.NaN],
    [`'[0,0]'::vector <+> '[3,4]'`, 7],
    [`vector_dims('[1,2,3]'::vector)`, 3],
    [`vector_norm('[3,4]')`, 5],
    [`l2_normalize('[3,4]'::vector)::text`, '[0.6,0.8]'],
    [`l2_normalize('[0,0]'::vector)::text`, '[0,0]'],
    [`subvector('[1,2,3,4,5]'::vector, 2, 3)::text`, '[2,3,4]'],
    [`('[1,2]'::vector + '[3,4]')::text`, '[4,6]'],
    [`('[1,2]'::vector - '[3,4]')::text`, '[-2,-2]'],
    [`('[1,2]'::vector * '[3,4]')::text`, '[3,8]'],
    [`('[1,2]'::vector || '[3]')::text`, '[1,2,3]'],
    [`binary_quantize('[1,0,-1]'::vector)::text`, '100'],
    [`hamming_distance(B'101', B'110')`, 2],
    [`'[1]'::vector = '[1.0]'`, true],
    [`'[1,2]'::vector < '[1,3]'`, true],
    [`(select avg(v)::text from unnest(array['[1,2,3]', '[3,5,7]']::vector[]) as v)`, '[2,3.5,5]'],
    [`(select sum(v)::text from unnest(array['[1,2,3]', '[3,5,7]']::vector[]) as v)`, '[4,7,10]'],
    [`(select avg(v)::text from unnest('{}'::vector[]) as v)`, null],
    [
      `(select count(distinct v) from unnest(array['[1,2]', '[1, 2.0]', '[2,1]']::vector[]) as v)`,
      2,
    ],
  ])('%s is %s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected)
  })
})

describe('refusals', () => {
  test.each([
    [`'[1,2]'::vector(3)`, '22000 expected 3 dimensions, not 2'],
    [`'[1,2]'::vector <-> '[1,2,3]'`, '22000 different vector dimensions 2 and 3'],
    [`'[]'::vector(1)`, '22000 vector must have at least 1 dimension'],
    [`array[1,null]::vector`, '22004 array must not contain nulls'],
    [`array[['1']]::float8[]::vector`, '22000 array must be 1-D'],
    [`array['NaN']::real[]::vector`, '22000 NaN not allowed in vector'],
    [`array['-Infinity']::real[]::vector`, '22000 infinite value not allowed in vector'],
    [`'{"a":1}'::vector(1)`, '22P02 invalid input syntax for type vector: "{"a":1}"'],
    [`'["1"]'::vector(1)`, '22P02 invalid input syntax for type vector: "["1"]"'],
    [
      `array_fill(1::real, array[16001])::vector`,
      '54000 vector cannot have more than 16000 dimensions',
    ],
  ])('%s: %s', async (expression, expected) => {
    expect(await database.refusal(`select ${expression}`)).toBe(expected)
  })

  test('what is no vector at all, in other words than those of pgvector', async (context) => {
    ofStandIn(context)
    expect(await database.refusal(`select 'abc'::vector`)).toBe(
      '22P02 invalid input syntax for type json',
    )
  })

  test('a column refuses other dimensions, however they come in', async () => {
    await database.script('create table dims (e vector(3))')
    const expected = '22000 expected 3 dimensions, not 2'
    expect(await database.refusal(`insert into dims values ('[1,2]')`)).toBe(expected)
    expect(
      await database.refusal(
        `insert into dims select e from json_to_recordset('[{"e":"[1,2]"}]') as given (e vector)`,
      ),
    ).toBe(expected)
  })
})

test('the nearest rows come first, by a parameter as by a stored vector', async () => {
  await database.script(`
    create table items (id int primary key, e extensions.vector(3));
    insert into items select n, array[n, 1, -n] from generate_series(1, 20) as n;
    create function match(query vector(3), count int) returns table (id int, similarity float8) language plpgsql as $$
    begin
      return query select items.id, 1 - (items.e <=> query) from items order by items.e <=> query limit count;
    end $$;`)
  expect(await database.rows(`select id from items order by e <-> '[7.1, 1, -7]' limit 3`)).toEqual(
    [{ id: 7 }, { id: 8 }, { id: 6 }],
  )
  expect(await database.rows(`select id from match('[20,1,-20]', 2)`)).toEqual([
    { id: 20 },
    { id: 19 },
  ])
  expect(
    await database.rows(`
      select other.id from items as own, items as other
      where own.id = 3 and other.id <> 3 order by own.e <-> other.e, 1 limit 2`),
  ).toEqual([{ id: 2 }, { id: 4 }])
})

test('a constant is parsed once a query, not once a row', async (context) => {
  ofStandIn(context)
  const plan = await database.rows<Record<string, string>>(
    `explain (verbose, costs off) select id from items order by e <=> '[1,2,3]'`,
  )
  expect(JSON.stringify(plan)).not.toContain('[1,2,3]')
})

test('rows leave as JSON with a string, and come in from a string or a list', async () => {
  expect(await database.rows(`select to_json(items) as v from items where id = 1`)).toEqual([
    { v: { id: 1, e: '[1,1,-1]' } },
  ])
  expect(
    await database.rows(
      `select e::text from json_populate_recordset(null::items, '[{"e":"[1,2,3]"},{"e":[1,2,3]}]')`,
    ),
  ).toEqual([{ e: '[1,2,3]' }, { e: '[1,2,3]' }])
})

test('the functions that look at bytes are nobody’s', async (context) => {
  ofStandIn(context)
  for (const call of [
    `vector_raw(array[1]::float8[], 1)`,
    `vector_cube_cat('\\x00', '\\x00')`,
    `vector_part('[1]'::vector, 1, 4)`,
    `vector_cat('\\x00', '\\x00')`,
  ])
    expect(await database.refusal(`select ${call}`)).toMatch(/^42501 permission denied/)
  expect(await database.refusal(`select 'x'::vector_cube`)).toMatch(/cannot accept a value/)
})

test('what lies in the caller’s search_path runs with the caller’s rights only', async () => {
  await database.script(`
    create schema trap;
    create table trap.seen (who text);
    create function trap.catch(text, text) returns bool language plpgsql as
      $$ begin insert into trap.seen values (current_user); return false; end $$;
    create operator trap.!~ (leftarg = text, rightarg = text, function = trap.catch);
    create function trap.add(int, int) returns int language plpgsql as
      $$ begin insert into trap.seen values (current_user); return 1; end $$;
    create operator trap.- (leftarg = int4, rightarg = int4, function = trap.add);
    create function trap.get_byte(bytea, int) returns int language plpgsql as
      $$ begin insert into trap.seen values (current_user); return 1; end $$;
    set search_path = trap, pg_catalog, extensions;
    select '[1,2,3]'::vector <-> '[3,2,1]'::vector, e <=> '[1,2,3]' from public.items;`)
  expect(await database.rows(`select distinct who from trap.seen where who <> 'postgres'`)).toEqual(
    [],
  )
})
