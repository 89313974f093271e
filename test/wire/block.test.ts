/** No body keeps the event loop to itself: a small part of `npm run drill:block`, which sends larger ones from another process. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { slowness, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { bodies } from '../drill/block-bodies.mjs'

const megabytes = 4
/**
 * Before, the least of these took 250 ms, the worst 3 s. Collecting garbage counts too.
 */
const allowedMs = 150 * slowness()

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    schema: `create table public.items (a int, x int); grant all on public.items to anon;
      create function public.take(jsonb) returns int language sql immutable as 'select 1'`,
  })
})
afterAll(() => server.close())

const chosen = [
  'an object of many keys',
  'rows of one key',
  'rows of different keys',
  'nested lists',
  'a long key',
  'not UTF-8 at its end',
  'steps of a transaction',
  'short rows',
  'an open quote',
  'many names',
  'one name often',
]

/** The most processor time between two turns of the event loop while `work` is done: what other processes take does not count. */
async function longestTurnMs(work: () => Promise<void>): Promise<number> {
  let longest = 0
  let before = process.cpuUsage()
  let done = false
  const turn = (): void => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1000)
    before = process.cpuUsage()
    if (!done) setImmediate(turn)
  }
  turn()
  await work()
  await new Promise((resolve) => setImmediate(resolve))
  done = true
  return longest
}

/** Where there are millions of rows Postgres reads them for seconds: at two of the places. */
function pathsOf(name: string): readonly string[] {
  const paths = ['items', 'rpc/take', 'rpc/transaction', 'rpc/nothing_like_it']
  return name === 'short rows' || name === 'rows of one key'
    ? ([paths[0], paths[2]] as string[])
    : paths
}

test.each(bodies(megabytes).filter(([name]) => chosen.includes(name)))(
  '%s: others get their turn',
  // what blocks does so each time; a processor that others slow down does not
  { retry: 2 },
  async (name, type, body) => {
    for (const path of pathsOf(name)) {
      const sent = new Uint8Array(body)
      const longest = await longestTurnMs(async () => {
        const response = await server.platform.fetch(`http://in.process/rest/v1/${path}`, {
          method: 'POST',
          headers: { apikey: server.platform.keys.publishableKey, 'content-type': type },
          body: sent,
        })
        const text = await response.text()
        // names are listed, but not all of them
        expect(text.length).toBeLessThan(10_000)
        // millions of rows may be more than Postgres is given time for
        if (!text.includes('57014')) expect(response.status).not.toBe(500)
      })
      expect(longest, path).toBeLessThan(allowedMs)
    }
  },
)
