import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { RequestRing } from './request-ring.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

test('of long addresses and names only what is shown is kept', () => {
  const ring = new RequestRing()
  const before = heapUsed()
  for (let i = 0; i < 5_000; i++) {
    // as a parser makes it: text of its own for each request
    const long = Buffer.alloc(16_000, `${i} `).toString('latin1')
    ring.add({
      id: long,
      atMs: i,
      method: 'GET',
      path: long,
      query: long,
      status: 200,
      ms: 1,
      route: '/rest/v1',
      userId: long,
      address: '127.0.0.1',
      userAgent: long,
      steps: [],
    })
  }
  const kept = heapUsed() - before
  expect(ring.list({}, 1)[0]).toMatchObject({ seq: 5_000 })
  expect(ring.list({}, 1)[0]?.userId).toHaveLength(200)
  expect(kept).toBeLessThan(5_000 * 4_000)
})
