import { expect, test } from 'vitest'
import { parseDefault, swaggerType } from './swagger-type.ts'

test('types have a type and a format, lists their items', () => {
  expect(swaggerType('integer')).toEqual({ type: 'integer', format: 'int32' })
  expect(swaggerType('numeric')).toEqual({ type: 'number', format: 'numeric' })
  expect(swaggerType('jsonb')).toEqual({ format: 'jsonb' })
  expect(swaggerType('uuid')).toEqual({ type: 'string', format: 'uuid' })
  expect(swaggerType('bigint[]')).toEqual({
    type: 'array',
    format: 'bigint[]',
    items: { type: 'integer' },
  })
})

test('constant defaults become values, expressions stay text or are left out', () => {
  expect(parseDefault('text', "'x'::text")).toBe('x')
  expect(parseDefault('integer', '42')).toBe(42)
  expect(parseDefault('boolean', 'false')).toBe(false)
  expect(parseDefault('timestamp with time zone', 'now()')).toBe('now()')
  expect(parseDefault('integer', "nextval('s'::regclass)")).toBeUndefined()
})
