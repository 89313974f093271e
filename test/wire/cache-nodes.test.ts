/** Answers that two nodes share over Redis, and what becomes of them when the log or Redis is away. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRedis, slowness, startRedis, startTestPlatform } from '@basalt/server/testing'
import type { RedisServer, TestPlatform } from '@basalt/server/testing'
import { ask } from './bytes-client.ts'

const program = findRedis()
let redis: RedisServer
let first: TestPlatform
let second: TestPlatform
beforeAll(async () => {
  if (program === null) return
  redis = await startRedis(program as string)
  const config = {
    'basalt.redis_url': redis.url,
    'basalt.cache.enabled': true,
    'basalt.cache.routes': ['products'],
    'basalt.cache.store': 'redis',
  } as const
  first = await startTestPlatform({
    config,
    schema: `
      do $$ begin execute format('alter database %I set synchronous_commit = on', current_database()); end $$;
      create table public.products (id int primary key, price int not null);
      insert into public.products select n, 0 from generate_series(1, 100) n;
      grant select on public.products to anon;`,
  })
  second = await startTestPlatform({ config, databaseUrl: first.databaseUrl })
})
afterAll(async () => {
  if (program === null) return
  await second.close()
  await first.close()
  await redis.kill()
})

const read = async (node: TestPlatform, path: string) => {
  const { headers, body } = await ask(node.url, 'GET', `/rest/v1/${path}`, {
    apikey: node.platform.keys.publishableKey,
  })
  return { way: headers['cache-status'] ?? 'none', text: body.toString() }
}
async function untilHit(node: TestPlatform, path: string): Promise<void> {
  await expect
    .poll(async () => (await read(node, path)).way, { interval: 2, timeout: 10_000 })
    .toBe('basalt; hit')
}

test.skipIf(program === null)('what one node was answered another one knows', async () => {
  await untilHit(first, 'products?id=eq.9')
  await untilHit(second, 'products?id=eq.9')
  // one that nobody has asked this node; not each time where the machine is slow: Redis is waited for 50 ms
  const ways = []
  for (let id = 20; id < 40; id++) {
    await untilHit(first, `products?id=eq.${id}`)
    ways.push((await read(second, `products?id=eq.${id}`)).way)
  }
  expect(ways).toContain('basalt; hit')
})

test.skipIf(program === null)('nodes that are set up differently share no answers', async () => {
  const other = await startTestPlatform({
    databaseUrl: first.databaseUrl,
    config: {
      'basalt.redis_url': redis.url,
      'basalt.cache.enabled': true,
      'basalt.cache.routes': ['products'],
      'basalt.cache.store': 'redis',
      'api.max_rows': 3,
    },
  })
  try {
    await untilHit(other, 'products?select=id')
    await untilHit(first, 'products?select=id,price')
    const few = await read(other, 'products?select=id,price')
    expect(JSON.parse(few.text)).toHaveLength(3)
  } finally {
    await other.close()
  }
})

test.skipIf(program === null)('a write is seen on all nodes within 50 ms', async () => {
  const path = 'products?id=eq.1'
  const late: number[] = []
  for (let price = 1; price <= 40; price++) {
    await untilHit(first, path)
    await untilHit(second, path)
    await first.script(`update public.products set price = ${price} where id = 1`)
    const written = performance.now()
    const seen = async (node: TestPlatform) => {
      while (!(await read(node, path)).text.includes(`"price":${price}}`))
        if (performance.now() - written > 5_000) throw new Error('never seen')
      late.push(performance.now() - written)
    }
    await Promise.all([seen(first), seen(second)])
  }
  const sorted = late.toSorted((a, b) => a - b)
  // the measure is `npm run bench -- cache`: here other tests have the machine too
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(50 * slowness())
})

test.skipIf(program === null)(
  'while the log is away nothing is answered from the cache, and nothing of before behind it',
  async () => {
    const path = 'products?id=eq.3'
    await untilHit(first, path)
    await first.script(`
    select pg_terminate_backend(active_pid) from pg_replication_slots
      where database = current_database() and slot_name like 'basalt_cache_%';
    update public.products set price = 33 where id = 3`)
    await expect.poll(async () => (await read(first, path)).text, { interval: 1 }).toContain(':33}')
    for (let times = 0; times < 200; times++)
      expect((await read(first, path)).text).toContain(':33}')
    await untilHit(first, path)
    await untilHit(second, path)
    expect((await read(second, path)).text).toContain(':33}')
  },
)

test.skipIf(program === null)('without Redis each node keeps its own', async () => {
  await redis.kill()
  await untilHit(first, 'products?id=eq.4')
  await first.script('update public.products set price = 44 where id = 4')
  await expect
    .poll(async () => (await read(first, 'products?id=eq.4')).text, { interval: 1 })
    .toContain(':44}')
  await untilHit(first, 'products?id=eq.4')
})
