import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { openLocalPlatform } from '#host/node'

test('postgres owns its database: public can be dropped and made anew, and serves again', async () => {
  const workdir = makeTestFolder()
  const local = await openLocalPlatform({ workdir })
  const db = openDatabase({
    connection: parseConnectionUrl(local.databaseUrl),
    maxConnections: 1,
  })
  try {
    await db.begin(ownSession, (transaction) =>
      transaction.script(
        'test.script',
        `create table public.old (id int);
         drop schema public cascade;
         create schema public;
         grant usage on schema public to anon;
         create table public.new (id int);
         grant select on public.new to anon;
         notify pgrst, 'reload schema';`,
      ),
    )
    const { platform } = local
    const status = async (): Promise<number> => {
      const response = await platform.fetch('http://in.process/rest/v1/new', {
        headers: { apikey: platform.keys.publishableKey },
      })
      return response.status
    }
    await expect.poll(status).toBe(200)
  } finally {
    await db.close()
    await local.close()
    rmSync(workdir, { recursive: true, force: true })
  }
})
