/** A session of one's own: scripts end with a tag, locks go with it, its loss is told. */
import { expect, inject, test } from 'vitest'
import { sql } from '#base/sql'
import { parseConnectionUrl } from './connection-options.ts'
import { openSession } from './open-session.ts'

const options = (): ReturnType<typeof parseConnectionUrl> =>
  parseConnectionUrl(inject('testServer').url)

test('a script resolves with the command tag of its last statement', async () => {
  const session = await openSession(options())
  const end = (text: string): Promise<unknown> => session.script('test', text)
  expect(await end('create temp table t (n int)')).toEqual({ tag: 'CREATE TABLE', hasRows: false })
  expect(await end('select 1; insert into t values (1), (2)')).toEqual({
    tag: 'INSERT 0 2',
    hasRows: false,
  })
  expect(await end('insert into t values (3) returning n')).toEqual({
    tag: 'INSERT 0 1',
    hasRows: true,
  })
  expect(await end('select * from t; ')).toEqual({ tag: 'SELECT 3', hasRows: true })
  expect(await end('')).toBeNull()
  await expect(end('select 1; select 1/0')).rejects.toThrow('division by zero')
  expect(await session.rows(sql`/* test.count */ select count(*) as n from t`)).toEqual([{ n: 3 }])
  session.close()
})

test('what runs can be cancelled, and the session goes on', async () => {
  const session = await openSession(options())
  const sleeping = session.script('test', 'select pg_sleep(30)')
  // the failure is looked at below
  sleeping.catch(() => {})
  session.cancel()
  await expect(sleeping).rejects.toThrow('canceling statement')
  expect(await session.rows(sql`/* test.one */ select 1 as n`)).toEqual([{ n: 1 }])
  session.close()
})

test('the end of the session is told, whoever ended it', async () => {
  const other = await openSession(options())
  let told: (message: string) => void = () => {}
  const ended = new Promise<string>((resolve) => (told = resolve))
  const session = await openSession(options(), (error) => told(error.message))
  const [own] = await session.rows<{ pid: number }>(
    sql`/* test.pid */ select pg_backend_pid() as pid`,
  )
  await other.rows(sql`/* test.end */ select pg_terminate_backend(${own?.pid ?? 0}::int4)`)
  expect(await ended).toMatch(/terminating connection/)
  other.close()
})
