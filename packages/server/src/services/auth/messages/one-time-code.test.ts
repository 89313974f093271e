import { expect, test } from 'vitest'
import { systemRandom } from '#base/kernel'
import { hashCode, newCode, refuseTooSoon } from './one-time-code.ts'

test('codes are digits of the length asked for, and differ', () => {
  const codes = Array.from({ length: 200 }, () => newCode(systemRandom, 6))
  for (const code of codes) expect(code).toMatch(/^\d{6}$/)
  expect(new Set(codes).size).toBeGreaterThan(190)
  expect(newCode(systemRandom, 10)).toHaveLength(10)
})

test('a code is stored as the hex SHA-224 of address and code', () => {
  expect(hashCode('a@b.co', '123456')).toMatch(/^[0-9a-f]{56}$/)
  expect(hashCode('a@b.co', '123456')).not.toBe(hashCode('a@b.c', 'o123457'))
})

test('a mail may follow another only after the interval', () => {
  const sentAt = '2026-01-01 00:00:00.5+00'
  const sentMs = Date.parse('2026-01-01T00:00:00.500Z')
  expect(() => refuseTooSoon(sentAt, 60_000, sentMs + 10_000)).toThrow('after 50 seconds')
  expect(() => refuseTooSoon(sentAt, 60_000, sentMs + 60_000)).not.toThrow()
  expect(() => refuseTooSoon(null, 60_000, sentMs)).not.toThrow()
})
