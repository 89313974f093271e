import { expect, test } from 'vitest'
import { parseConnectionUrl, withOneHost } from './connection-options.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import { Servers } from './servers.ts'

const tried = async (url: string): Promise<readonly string[]> => {
  const at: string[] = []
  const { servers } = parseConnectionUrl(url)
  await servers
    ?.openOne(({ host, port }) => {
      at.push(`${host}:${port}`)
      return Promise.reject(new ConnectionError('connect', 'away'))
    })
    .catch(() => {})
  return at
}

test.each([
  ['postgres://u:p@one,two/db', ['one:5432', 'two:5432']],
  ['postgresql://u:p@one:1,two,[::1]:3/db?sslmode=disable', ['one:1', 'two:5432', '::1:3']],
  ['postgres://u:p@one/db?host=one,two&port=1,2', ['one:1', 'two:2']],
  ['postgres://u:p@one:9/db?host=one,two', ['one:5432', 'two:5432']],
  ['postgres://u:p@one/db', []],
])('%s', async (url, expected) => {
  expect(await tried(url)).toEqual(expected)
})

test('of several servers the primary is wanted, of one any will do, unless the URL says so', () => {
  const asked = (query: string): boolean => parseConnectionUrl(`postgres://u@${query}`).needsPrimary
  expect(asked('one,two/db')).toBe(true)
  expect(asked('one,two/db?target_session_attrs=any')).toBe(false)
  expect(asked('one/db')).toBe(false)
  expect(asked('one/db?target_session_attrs=read-write')).toBe(true)
  expect(() => asked('one/db?target_session_attrs=standby')).toThrow('target_session_attrs is any')
  expect(() => asked('one/db?host=a,b,c&port=1,2')).toThrow('3 hosts and 2 ports')
})

test('the login, the path and what else is asked stay; a URL of one server is left as it is', () => {
  expect(withOneHost('postgres://u:p%2C@a:1,b/db?x=1')).toBe(
    'postgres://u:p%2C@a:1/db?host=a,b&port=1,5432&x=1',
  )
  const plain = 'postgres://u:a,b@host/db?options=-c%20search_path=a,b'
  expect(withOneHost(plain)).toBe(plain)
  expect(parseConnectionUrl('postgres://u:p%2C@a,b/db')).toMatchObject({
    password: 'p,',
    host: 'a',
  })
})

test('the next connection begins where the last one was opened', async () => {
  const servers = new Servers(['a', 'b', 'c'].map((host) => ({ host, port: 1 })))
  const at: string[] = []
  const open = (good: string) =>
    servers.openOne(({ host }) => {
      at.push(host)
      if (host === good) return Promise.resolve(host)
      return Promise.reject(new ConnectionError('connect', `${host} is a standby`))
    })
  await open('b')
  await open('b')
  await open('a')
  expect(at.join('')).toBe('abbbca')
  await expect(open('none')).rejects.toThrow(
    'None of the servers can be used. a is a standby; b is a standby; c is a standby',
  )
})

test('a wrong password is told at once, not asked of others', async () => {
  const servers = new Servers(['a', 'b'].map((host) => ({ host, port: 1 })))
  let asked = 0
  const refused = new DatabaseError({ C: '28P01', M: 'password authentication failed' }, null)
  const open = servers.openOne(() => {
    asked++
    return Promise.reject(refused)
  })
  await expect(open).rejects.toBe(refused)
  expect(asked).toBe(1)
})
