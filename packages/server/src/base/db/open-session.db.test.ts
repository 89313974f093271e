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

const sizesOf = async (text: string, maxBytes: number): Promise<number[]> => {
  const session = await openSession(options())
  await session.script('test.begin', 'begin')
  const limits = { usualBytes: 10_000, maxBytes, maxRowBytes: 1e9 }
  const sizes: number[] = []
  try {
    for await (const { rows } of session.batches({ name: 'test.all', text, values: [] }, limits))
      sizes.push(rows.length)
  } finally {
    session.close()
  }
  return sizes
}

test('all rows come in batches, fewer at a time where they are large', async () => {
  const sizes = await sizesOf(
    `select repeat('x', case when n < 1000 then 10 else 5000 end) from generate_series(1, 1300) n`,
    1e7,
  )
  expect(sizes.reduce((sum, size) => sum + size)).toBe(1300)
  expect([sizes[0], Math.max(...sizes)]).toEqual([50, 200])
  expect(Math.min(...sizes.slice(0, -1))).toBeLessThanOrEqual(2)
  expect(await sizesOf('select 1 where false', 1e7)).toEqual([0])
})

test('a batch that grows beyond its bytes is an error', async () => {
  const text = `select repeat('x', case when n < 100 then 10 else 5000 end) from generate_series(1, 300) n`
  await expect(sizesOf(text, 100_000)).rejects.toThrow(
    'Rows that come together have more than 100000 bytes',
  )
})
