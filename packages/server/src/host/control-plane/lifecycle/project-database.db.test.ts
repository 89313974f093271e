import { expect, inject, test } from 'vitest'
import { openDatabase, parseConnectionUrl } from '#base/db'
import { cloneDatabase, executeDirectly } from '#testing'
import { identityOf } from './project-database.ts'

test('a database has an identity, and where the server does not tell there is none', async () => {
  const database = await cloneDatabase(inject('testServer').url, 'template0')
  await executeDirectly(
    database.url,
    'revoke execute on function pg_control_system() from public',
    `create role control_unknown login password 'x'`,
  )
  const unknown = new URL(database.url)
  unknown.username = 'control_unknown'
  unknown.password = 'x'
  const identity = async (url: string): Promise<string | null> => {
    const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
    try {
      return await identityOf(db)
    } finally {
      await db.close()
    }
  }
  try {
    expect(await identity(database.url)).toMatch(/^\d+\/\d+$/)
    expect(await identity(unknown.href)).toBeNull()
  } finally {
    await executeDirectly(database.url, 'drop role control_unknown')
    await database.drop()
  }
})
