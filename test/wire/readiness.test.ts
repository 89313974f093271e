/** `/rest-admin/v1/ready` says whether requests would be answered, `/live` that the process is there. */
import { expect, test } from 'vitest'
import { executeDirectly, startTestPlatform, withDatabase } from '@basalt/server/testing'

test('ready is 503 while the database takes no connections, and 200 again afterwards', async () => {
  const server = await startTestPlatform()
  const status = async (path: string): Promise<number> =>
    (await server.platform.fetch(`http://in.process/rest-admin/v1/${path}`)).status
  expect([await status('ready'), await status('live')]).toEqual([200, 200])
  const name = new URL(server.databaseUrl).pathname.slice(1)
  const elsewhere = withDatabase(server.databaseUrl, 'postgres')
  await executeDirectly(
    elsewhere,
    `alter database ${name} allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
  )
  await expect.poll(() => status('ready')).toBe(503)
  expect(await status('live')).toBe(200)
  await executeDirectly(elsewhere, `alter database ${name} allow_connections true`)
  await expect.poll(() => status('ready')).toBe(200)
  await server.close()
})
