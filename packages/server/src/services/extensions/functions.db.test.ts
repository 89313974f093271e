/** pgjwt, pg_hashids, pg_jsonschema: values known from the real ones. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'

let database: ExtensionDatabase
const value = async (expression: string): Promise<unknown> =>
  (await database.rows<{ v: unknown }>(`select ${expression} as v`))[0]?.v

beforeAll(async () => {
  database = await openExtensionDatabase()
  await database.script(`
    create extension "pgjwt" with schema "extensions" version '0.2.0';
    create extension pg_hashids with schema extensions;
    create extension pg_jsonschema with schema extensions version '0.3.1';`)
})
afterAll(() => database.close())

const jwt =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ'

describe('pgjwt', () => {
  test.each([
    [`sign('{"sub":"1234567890","name":"John Doe","admin":true}', 'secret')`, jwt],
    [`(select valid from verify('${jwt}', 'secret'))`, true],
    [`(select valid from verify('${jwt}', 'other'))`, false],
    [`(select payload->>'name' from verify('${jwt}', 'secret'))`, 'John Doe'],
    [`(select valid from verify(sign('{"exp":1}', 's'), 's'))`, false],
    [
      `(select valid from verify(sign('{"exp":4102444800,"nbf":1}', 's', 'HS512'), 's', 'HS512'))`,
      true,
    ],
    [`(select valid from verify(sign('{"nbf":4102444800}', 's'), 's'))`, false],
    [`url_encode('\\xfbff')`, '-_8'],
    [`encode(url_decode('-_8'), 'hex')`, 'fbff'],
    [`try_cast_double('1.5')`, 1.5],
    [`try_cast_double('x')`, null],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected)
  })

  test('an unknown algorithm is refused', async () => {
    expect(await database.refusal(`select sign('{}', 's', 'none')`)).toMatch(
      /^22023 Cannot use "none"/,
    )
  })
})

describe('pg_hashids', () => {
  test.each([
    ['id_encode(1001)', 'jNl'],
    [`id_encode(1234567, 'This is my salt')`, 'Pdzxp'],
    [`id_encode(1234567, 'This is my salt', 10)`, 'PlRPdzxpR7'],
    [`id_encode(1234567, 'This is my salt', 10, 'abcdefghijABCDxFGHIJ1234567890')`, '3GJ956J9B9'],
    [`id_encode(array[1, 2, 3]::bigint[], 'this is my salt')`, 'laHquq'],
    [`id_decode('jNl')::text`, '{1001}'],
    [`id_decode('PlRPdzxpR7', 'This is my salt', 10)::text`, '{1234567}'],
    [`id_decode('laHquq', 'this is my salt')::text`, '{1,2,3}'],
    [
      `id_decode_once('3GJ956J9B9', 'This is my salt', 10, 'abcdefghijABCDxFGHIJ1234567890')`,
      1234567,
    ],
    [`hash_decode(hash_encode(7, 'a', 8), 'a', 8)`, 7],
  ])('%s is %s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected)
  })

  test('every number comes back', async () => {
    expect(
      await value(`(select bool_and(id_decode_once(id_encode(n, s, m), s, m) = n)
        from unnest(array[0, 1, 99, 2^31, 9223372036854774784]::int8[]) as n, unnest(array['', 'salt']) as s, unnest(array[0, 30]) as m)`),
    ).toBe(true)
  })

  test('what is no hash is refused', async () => {
    expect(await database.refusal(`select id_decode('zzz', 'salt')`)).toMatch(/invalid hash/)
    expect(await database.refusal(`select id_encode(-1)`)).toMatch(/not negative/)
  })
})

describe('pg_jsonschema', () => {
  const matches = (schema: object | boolean, instance: unknown): Promise<unknown> =>
    value(`jsonb_matches_schema('${JSON.stringify(schema)}', '${JSON.stringify(instance)}')`)

  test.each<[schema: object | boolean, good: unknown, bad: unknown]>([
    [{ type: 'integer' }, 1, 1.5],
    [{ type: ['string', 'null'] }, null, 1],
    [{ enum: [1, 'a'] }, 'a', 'b'],
    [{ const: { a: 1 } }, { a: 1 }, { a: 2 }],
    [{ minLength: 2, maxLength: 3, pattern: '^a' }, 'abc', 'abcd'],
    [{ minimum: 1, exclusiveMaximum: 5, multipleOf: 2 }, 4, 5],
    [{ items: { type: 'number' }, minItems: 1, uniqueItems: true }, [1, 2], [1, 1]],
    [{ prefixItems: [{ type: 'string' }], items: false }, ['a'], ['a', 1]],
    [{ contains: { type: 'number' }, maxContains: 1 }, [1, 'a'], [1, 2]],
    [
      { properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
      { a: 'x' },
      { a: 'x', b: 1 },
    ],
    [{ patternProperties: { '^n_': { type: 'number' } } }, { n_a: 1 }, { n_a: 'x' }],
    [{ propertyNames: { maxLength: 2 } }, { ab: 1 }, { abc: 1 }],
    [{ minProperties: 1, maxProperties: 1 }, { a: 1 }, {}],
    [{ dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 1, 3],
    [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, 'x', 1],
    [{ oneOf: [{ type: 'number' }, { const: 1 }] }, 2, 1],
    [{ not: { type: 'string' } }, 1, 'x'],
    [
      JSON.parse(
        '{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}',
      ) as object,
      { c: 1 },
      { a: 1 },
    ],
    [{ $defs: { p: { type: 'number' } }, items: { $ref: '#/$defs/p' } }, [1], ['x']],
    [
      { properties: { child: { $ref: '#' } }, required: ['v'] },
      { v: 1, child: { v: 2 } },
      { v: 1, child: {} },
    ],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', format: 'email' }, 'a@b', 'ab'],
    [true, 1, undefined],
  ])('%j', async (schema, good, bad) => {
    expect(await matches(schema, good)).toBe(true)
    if (bad !== undefined) expect(await matches(schema, bad)).toBe(false)
  })

  test('errors are named', async () => {
    expect(
      await value(`jsonschema_validation_errors('{"maxLength": 4}', '"123456789"')::text`),
    ).toBe('{"\\"123456789\\" is longer than 4 characters"}')
  })

  test('a schema with impossible words is none', async () => {
    expect(await value(`jsonschema_is_valid('{"type": "object"}')`)).toBe(true)
    expect(await value(`jsonschema_is_valid('{"type": "obj"}')`)).toBe(false)
    expect(await value(`jsonschema_is_valid('{"properties": {"a": {"minLength": -1}}}')`)).toBe(
      false,
    )
  })

  test('what is not known is refused, never passed by', async () => {
    expect(
      await database.refusal(
        `select jsonb_matches_schema('{"unevaluatedProperties": false}', '{}')`,
      ),
    ).toMatch(/^0A000/)
    expect(
      await database.refusal(`select jsonb_matches_schema('{"$ref": "http://x/y"}', '{}')`),
    ).toMatch(/^0A000/)
    expect(await database.refusal(`select jsonb_matches_schema('{"$ref": "#"}', '{}')`)).toMatch(
      /^54001/,
    )
  })

  test('guards a column', async () => {
    await database.script(
      `create table guarded (v jsonb check (jsonb_matches_schema('{"type": "object"}', v)))`,
    )
    expect(await database.refusal(`insert into guarded values ('[]')`)).toMatch(/^23514/)
  })
})
