import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { silentLog, systemClock } from '#base/kernel'
import type { Log } from '#base/kernel'
import { findRedis, startRedis } from '#testing'
import type { RedisServer } from '#testing'
import { createRedisCounter } from './redis-counter.ts'

const program = findRedis()

describe.skipIf(program === null)('requests counted in Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis(program as string)
  })
  afterAll(() => redis?.kill())
  const open = (log: Log = silentLog) =>
    createRedisCounter({ url: redis.url, prefix: 'test:', clock: systemClock, log })

  test('nodes count together; one that cannot reach Redis counts by itself, until it is back', async () => {
    const told: string[] = []
    const note = (message: string): void => void told.push(message)
    const one = open({ ...silentLog, warn: note, info: note })
    const other = open()
    const connected = async (): Promise<void> => {
      await one.count('both')
      await other.count('both')
      const before = (await one.count('both')).requests
      expect((await other.count('both')).requests).toBe(before + 1)
      expect((await one.count('both')).requests).toBe(before + 2)
    }
    await vi.waitFor(connected, { timeout: 15_000 })
    expect(told).toEqual([])
    const { resetMs } = await one.count('both')
    expect(resetMs).toBeGreaterThan(30_000)
    expect(resetMs).toBeLessThanOrEqual(60_000)

    await redis.kill()
    const lone = [await one.count('alone'), await one.count('alone'), await one.count('alone')]
    expect(lone.map(({ requests }) => requests)).toEqual([1, 2, 3])
    expect(told).toEqual(['Redis is away: each node counts requests by itself'])

    await redis.restart()
    await vi.waitFor(
      async () => {
        await one.count('again')
        expect(told).toHaveLength(2)
      },
      { timeout: 15_000, interval: 100 },
    )
    one.close()
    other.close()
  })
})
