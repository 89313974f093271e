import { hashSync } from 'bcryptjs'
import { expect, test } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'

const hasher = createPasswordHasher()

test('a hash is Argon2id of the parameters agreed on, and matches only its password', async () => {
  const hash = await hasher.hash('correct horse')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await hasher.verify(hash, 'correct horse')).toBe(true)
  expect(await hasher.verify(hash, 'Correct horse')).toBe(false)
  expect(hasher.isOutdated(hash)).toBe(false)
})

test('bcrypt hashes of imported users match, and are outdated', async () => {
  const hash = hashSync('imported', 4)
  expect(await hasher.verify(hash, 'imported')).toBe(true)
  expect(await hasher.verify(hash, 'other')).toBe(false)
  expect(hasher.isOutdated(hash)).toBe(true)
})

test.each([null, '', 'plain', '$argon2id$broken', '$2a$10$broken', '{"alg":"?"}'])(
  'nothing matches the hash %j',
  async (hash) => {
    expect(await hasher.verify(hash, '')).toBe(false)
    expect(await hasher.verify(hash, hash ?? 'x')).toBe(false)
  },
)

test('beyond the waiting places a request is refused with 429, and the places become free again', async () => {
  const small = createPasswordHasher({ concurrency: 1, maxWaiting: 1 })
  const first = small.hash('a')
  const second = small.hash('b')
  await expect(small.hash('c')).rejects.toMatchObject({
    status: 429,
    code: 'over_request_rate_limit',
    headers: { 'retry-after': '1' },
  })
  await Promise.all([first, second])
  await expect(small.hash('d')).resolves.toMatch(/^\$argon2id/)
})
