import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { connectionOf } from './connection.ts'

test('a URI, with what libpq’s variables add', () => {
  expect(
    connectionOf('postgresql://Some_User:p%40ss?word@db.example:6000/app', {
      PGUSER: 'ignored',
      PGSSLMODE: 'require',
      PGTZ: 'utc',
      PGOPTIONS: '-c search_path=public,test',
    }),
  ).toMatchObject({
    host: 'db.example',
    port: 6000,
    user: 'Some_User',
    password: 'p@ss?word',
    database: 'app',
    sslMode: 'require',
    settings: { timezone: 'utc', search_path: 'public,test' },
  })
})

test('a URI without a host, on a socket', () => {
  expect(connectionOf('postgresql://api@/app?host=/run/pg&port=6001', {})).toMatchObject({
    host: '/run/pg',
    port: 6001,
    user: 'api',
    database: 'app',
  })
  expect(connectionOf('postgres://api@[::1]:6002', {})).toMatchObject({
    host: '::1',
    port: 6002,
    database: 'api',
  })
})

test('nothing at all is the own user on this machine', () => {
  expect(connectionOf('postgresql://', { PGHOST: 'h', PGPASSWORD: 'p' })).toMatchObject({
    host: 'h',
    user: userInfo().username,
    database: userInfo().username,
    password: 'p',
    port: 5432,
  })
})

test('name=value pairs', () => {
  expect(
    connectionOf(`host=localhost port=6003 dbname='my db' user=me password='it\\'s'`, {}),
  ).toMatchObject({
    host: 'localhost',
    port: 6003,
    database: 'my db',
    user: 'me',
    password: "it's",
  })
})
