/** The bus in memory, and over a real Redis where one is installed. */
import { describe, expect, test } from 'vitest'
import { createMemoryBus, openRedisBus } from '#base/bus'
import { findRedis, startRedis } from '@basalt/server/testing'
import { busSuite } from '@basalt/server/testing/suites'

busSuite('memory', () => ({ ...createMemoryBus(), close: () => {} }))

const program = findRedis()
const title =
  program === null
    ? 'skipped: there is no redis-server here (apt-get install redis-server, or BASALT_TEST_REDIS)'
    : program

describe.skipIf(program === null)(title, () => {
  busSuite('Redis', async () => {
    const redis = await startRedis(program as string)
    return {
      connect: () => openRedisBus({ url: redis.url, prefix: 'basalt-test:' }),
      interrupt: redis.kill,
      restore: redis.restart,
      close: redis.kill,
    }
  })
})

test('a Redis that does not answer is named, without its password', async () => {
  const opening = openRedisBus({ url: 'redis://:secret@127.0.0.1:1', prefix: '' })
  await expect(opening).rejects.toThrow(/^Redis at redis:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/)
})
