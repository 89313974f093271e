import { hashSync } from 'bcryptjs'
import { afterAll, expect, test } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'

const hasher = createPasswordHasher()
afterAll(() => hasher.close())

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

test('a costly bcrypt comparison leaves the event loop free', async () => {
  const hash = hashSync('imported', 11)
  await hasher.verify(hashSync('warm', 4), 'warm')
  let longestMs = 0
  let last = performance.now()
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last)
    last = performance.now()
  }, 1)
  const started = performance.now()
  expect(await hasher.verify(hash, 'imported')).toBe(true)
  const took = performance.now() - started
  clearInterval(watch)
  expect(longestMs).toBeLessThan(took / 2)
})

test('a thread that ends in the middle is a wrong password, and the next one has another', async () => {
  const own = createPasswordHasher({ concurrency: 1 })
  const slow = own.verify(hashSync('imported', 13), 'imported')
  await own.close()
  expect(await slow).toBe(false)
  expect(await own.verify(hashSync('imported', 4), 'imported')).toBe(true)
  await own.close()
})
