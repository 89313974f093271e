import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isOfCustomerKey, isReadOnlyKey, isWellFormedKey } from './customer-key.ts'

const body = `basalt_ak_${'a'.repeat(43)}`
const checksum = createHash('sha256').update(body).digest('base64url').slice(0, 6)

test.each([
  [body + checksum, true],
  [`${body}${checksum.slice(0, 5)}_`, checksum.endsWith('_')],
  [body, false],
  [`${body}${checksum}a`, false],
  [`basalt_ak_${'ä'.repeat(49)}`, false],
  [`Basalt_ak_${(body + checksum).slice(10)}`, false],
  ['', false],
])('isWellFormedKey(%j) is %j', (text, is) => {
  expect(isWellFormedKey(text)).toBe(is)
})

test.each([
  [{}, false, false],
  [{ api_key_id: 'x', api_key_permissions: { read: true, write: true } }, true, false],
  [{ api_key_id: 'x', api_key_permissions: { read: true, write: 'true' } }, true, true],
  [{ api_key_id: 'x', api_key_permissions: { read: true } }, true, true],
  [{ api_key_id: 'x' }, true, true],
])('of the claims %j', (claims, isOfKey, isReadOnly) => {
  expect([isOfCustomerKey(claims), isReadOnlyKey(claims)]).toEqual([isOfKey, isReadOnly])
})
