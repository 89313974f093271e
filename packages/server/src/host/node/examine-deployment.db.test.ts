import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '#testing'
import type { TestPlatform } from '#testing'
import { examineDeployment } from './examine-deployment.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({})
})
afterAll(() => server.close())

const examine = (databaseUrl: string) =>
  examineDeployment({
    config: null,
    workdir: '/nowhere',
    databaseUrl,
    isControl: false,
    url: null,
    patienceMs: 200,
  })

test('a catalog that somebody has locked does not keep it waiting', async () => {
  const locked = server.script(
    'lock table pg_catalog.pg_depend in access exclusive mode; select pg_sleep(1)',
  )
  await expect
    .poll(() => examine(server.databaseUrl).then((checks) => checks[0]), { timeout: 15_000 })
    .toMatchObject({ name: 'database', level: 'error', message: expect.stringMatching(/locked/) })
  await locked
})

test('what accepts connections and says nothing is given up', async () => {
  const mute = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const { port } = mute.address() as AddressInfo
  const [found] = await examine(`postgres://user:hush@127.0.0.1:${port}/db`)
  expect(found).toMatchObject({ name: 'database', level: 'error' })
  expect(JSON.stringify(found)).not.toContain('hush')
  mute.close()
})
