import { expect, test } from 'vitest'
import { normalisePhone, parseEmail, parsePhone } from './contact-address.ts'

test.each([
  [' Ann@Example.COM ', 'ann@example.com'],
  ["o'brien+tag@sub.example.co", "o'brien+tag@sub.example.co"],
  ['a@localhost', 'a@localhost'],
])('%j is %j', (text, email) => expect(parseEmail(text)).toBe(email))

test.each([
  'nobody',
  '@x.co',
  'a@',
  'a b@x.co',
  'a@-x.co',
  'a@x..co',
  'a@x.co\n<b@x.co>',
  'é@x.co',
])('%j is no email address', (text) => expect(() => parseEmail(text)).toThrow('invalid format'))

test('phone numbers are E.164 without the plus', () => {
  expect(parsePhone('+1 555 0100')).toBe('15550100')
  expect(normalisePhone('+49 30')).toBe('4930')
  for (const text of ['', '0123', '1', '12345678901234567', '12a45']) {
    expect(() => parsePhone(text)).toThrow('E.164')
  }
})
