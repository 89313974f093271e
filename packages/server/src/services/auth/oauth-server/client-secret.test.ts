import { expect, test } from 'vitest'
import { systemRandom } from '#base/kernel'
import { isSecret, newClientSecret } from './client-secret.ts'

test('a secret is known by its hash, and nothing passes where there is none', () => {
  const { secret, hash } = newClientSecret(systemRandom)
  expect(secret).toMatch(/^[\w-]{43}$/)
  expect(isSecret(secret, hash)).toBe(true)
  expect(isSecret(`${secret}x`, hash)).toBe(false)
  expect(isSecret('', hash)).toBe(false)
  expect(isSecret(hash, hash)).toBe(false)
  expect(isSecret(secret, null)).toBe(false)
  expect(isSecret('', null)).toBe(false)
  expect(isSecret('', '')).toBe(false)
})
