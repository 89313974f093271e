/** What waits is bounded. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { silentLog } from '#base/kernel'
import type { Project } from '#base/service'
import { PurgeQueue } from './purge-queue.ts'

test('more keys than may wait become the whole bucket, in requests of a thousand', async () => {
  const bodies: { bucket: string; keys: string[] | null }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const config = { 'storage.purge_url': url, 'storage.purge_secret': null }
  const queue = new PurgeQueue({ config, log: silentLog } as unknown as Project)
  const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`)
  queue.add('some', keys(2_500))
  queue.add('some', keys(10))
  queue.add('many', ['first'])
  queue.add('many', keys(9_000))
  await queue.close()
  expect(bodies.map(({ bucket, keys: sent }) => [bucket, sent?.length ?? null])).toEqual([
    ['some', 1_000],
    ['some', 1_000],
    ['some', 500],
    ['many', null],
  ])
  server.close()
})
