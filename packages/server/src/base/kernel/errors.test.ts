import { expect, test } from 'vitest'
import { defineErrors, PlatformError } from '#base/kernel'

const errors = defineErrors({
  FIXED: { status: 404, message: 'gone' },
  MADE: { status: 406, message: 'not one', details: (p: { rows: number }) => `${p.rows} rows` },
})

test('a row of an error table is thrown by its code', () => {
  const cause = new Error('below')
  const error = errors.MADE({ rows: 2 }, cause)
  expect(error).toBeInstanceOf(PlatformError)
  expect(error).toMatchObject({
    code: 'MADE',
    status: 406,
    message: 'not one',
    details: '2 rows',
    hint: null,
    cause,
  })
  expect(errors.FIXED()).toMatchObject({
    code: 'FIXED',
    status: 404,
    message: 'gone',
    details: null,
  })
})
