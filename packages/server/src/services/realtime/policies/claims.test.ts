/** Which claims are read here, and which Postgres has to read. */
import { expect, test } from 'vitest'
import { Claims } from './claims.ts'

const isRead = (claimsJson: string): boolean =>
  new Claims({ role: 'authenticated', claimsJson }).json !== undefined

test.each([
  '{"sub":"e0b26ca8-1fb1-4561-8a10-9e519bb080ed"}',
  '{"a":"1e999","b":"\\"9e999","n":1.5e10}',
  `{"digits":"${'1'.repeat(500)}"}`,
])('%s is read', (text) => {
  expect(isRead(text)).toBe(true)
})

test.each(['{"n":1e999}', '{"n":-1E-400}', `{"n":${'1'.repeat(500)}}`, '{"a":"\\u0000"}', '[1]'])(
  '%s is left to Postgres',
  (text) => {
    expect(isRead(text)).toBe(false)
  },
)
