import { expect, test } from 'vitest'
import { BoundedCache, CancellationSource, systemRandom, uuid } from '#base/kernel'

test('random bytes and UUIDs never repeat, whatever the sizes they are drawn in', () => {
  const drawn = Array.from({ length: 5000 }, (_, i) =>
    Buffer.from(systemRandom.bytes(16 + (i % 3))).toString('hex'),
  )
  expect(new Set(drawn.map((text) => text.slice(0, 32))).size).toBe(drawn.length)
  expect(systemRandom.bytes(5000)).toHaveLength(5000)
  expect(uuid(systemRandom)).toMatch(
    /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  )
  expect(uuid({ bytes: (length) => new Uint8Array(length).fill(0xff) })).toBe(
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  )
})

test('a bounded cache forgets what was used longest ago, and says so', () => {
  const evicted: string[] = []
  const cache = new BoundedCache<string, number>(3, (key) => evicted.push(key))
  for (const [i, key] of ['a', 'b', 'c'].entries()) cache.set(key, i)
  expect(cache.get('a')).toBe(0)
  cache.set('d', 3)
  expect([cache.size, evicted, cache.get('b')]).toEqual([3, ['b'], undefined])
})

test('a cancellation tells each listener once, late ones at once, and those that left never', () => {
  const source = new CancellationSource()
  const told: string[] = []
  source.onCancel(() => told.push('first'))
  source.onCancel(() => told.push('left'))()
  source.cancel()
  source.cancel()
  source.onCancel(() => told.push('late'))
  expect(told).toEqual(['first', 'late'])
})
