import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import { cloneDatabase, executeDirectly, startTestPostgres } from '#testing'
import { dbDriverSuite } from '#testing/suites'
import type { TestPostgres } from '#testing'
import { sql } from '#base/sql'

const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../../../../test/fixtures/tls/${name}`, import.meta.url))

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres({
    settings: { ssl: 'on', ssl_ca_file: 'client-ca.crt' },
    files: {
      'client-ca.crt': certificate('client-ca.crt'),
      'server.crt': certificate('server.crt'),
      'server.key': certificate('server.key'),
    },
  })
})
afterAll(() => postgres.stop())

async function fixture(change: (connection: ConnectionOptions) => ConnectionOptions) {
  const clone = await cloneDatabase(postgres.url, 'template0')
  return { connection: change(parseConnectionUrl(clone.url)), close: () => clone.drop() }
}

dbDriverSuite('TCP', () => fixture((connection) => ({ ...connection, sslMode: 'disable' })))
dbDriverSuite('TLS', () =>
  fixture((connection) => ({
    ...connection,
    host: 'localhost',
    sslMode: 'verify-full',
    sslRootCert: readFileSync(certificate('ca.crt'), 'utf8'),
  })),
)
dbDriverSuite('a Unix socket', () =>
  fixture((connection) => ({ ...connection, host: postgres.socketDir as string })),
)

describe('TLS modes', () => {
  const connect = async (query: string): Promise<boolean> => {
    const url = new URL(postgres.url)
    url.search = query
    const db = openDatabase({
      connection: parseConnectionUrl(url.href, (path) => readFileSync(path, 'utf8')),
    })
    try {
      const [result] = await db.transaction(ownSession, [
        sql`/* test.tls */ select ssl::int::text from pg_stat_ssl where pid = pg_backend_pid()`,
      ])
      return Buffer.from(result?.rows[0]?.[0] ?? '').toString() === '1'
    } finally {
      await db.close()
    }
  }
  const root = (name: string): string => `sslrootcert=${encodeURIComponent(certificate(name))}`

  test('prefer and require encrypt, disable does not', async () => {
    expect(await connect('sslmode=prefer')).toBe(true)
    expect(await connect('sslmode=require')).toBe(true)
    expect(await connect('sslmode=disable')).toBe(false)
  })

  test('verify-ca accepts our CA under any name and refuses another CA', async () => {
    expect(await connect(`sslmode=verify-ca&${root('ca.crt')}`)).toBe(true)
    await expect(connect(`sslmode=verify-ca&${root('other-ca.crt')}`)).rejects.toThrow(
      /certificate/,
    )
  })

  test('verify-full also checks the name', async () => {
    expect(await connect(`sslmode=verify-full&host=localhost&${root('ca.crt')}`)).toBe(true)
    await expect(connect(`sslmode=verify-full&${root('ca.crt')}`)).rejects.toThrow(/IP|altnames/i)
  })
})

describe('TLS of libpq’s other parameters', () => {
  const parameter = (name: string, file: string): string =>
    `${name}=${encodeURIComponent(certificate(file))}`
  const urlOf = (query: string, user: string | null = null): string => {
    const url = new URL(postgres.url)
    url.search = query
    if (user !== null) url.username = user
    if (user !== null) url.password = ''
    return url.href
  }

  test('require verifies where there is a root to verify with', () => {
    const { sslMode } = parseConnectionUrl(
      urlOf(`sslmode=require&${parameter('sslrootcert', 'ca.crt')}`),
    )
    expect(sslMode).toBe('verify-ca')
    expect(parseConnectionUrl(urlOf('sslmode=require')).sslMode).toBe('require')
  })

  test('the authorities everybody trusts are asked for a name, too', async () => {
    expect(parseConnectionUrl(urlOf('sslrootcert=system')).sslMode).toBe('verify-full')
    expect(() => parseConnectionUrl(urlOf('sslrootcert=system&sslmode=require'))).toThrow(
      /verify-full/,
    )
    const db = openDatabase({
      connection: parseConnectionUrl(urlOf('sslrootcert=system&host=localhost')),
    })
    await expect(db.transaction(ownSession, [])).rejects.toThrow(/certificate/)
    await db.close()
  })

  test('a client shows its certificate, its key open or under a passphrase', async () => {
    await executeDirectly(postgres.url, 'create role certified login')
    const hba = join(postgres.dataDir, 'pg_hba.conf')
    writeFileSync(hba, `hostssl all certified 127.0.0.1/32 cert\n${readFileSync(hba, 'utf8')}`)
    await executeDirectly(postgres.url, 'select pg_reload_conf()')
    const who = async (query: string): Promise<string> => {
      const db = openDatabase({ connection: parseConnectionUrl(urlOf(query, 'certified')) })
      try {
        const [result] = await db.transaction(ownSession, [
          sql`/* test.user */ select session_user::text`,
        ])
        return Buffer.from(result?.rows[0]?.[0] ?? '').toString()
      } finally {
        await db.close()
      }
    }
    const shown = `sslmode=require&${parameter('sslcert', 'client.crt')}`
    await expect
      .poll(() => who(`${shown}&${parameter('sslkey', 'client.key')}`).catch(String))
      .toBe('certified')
    expect(
      await who(`${shown}&${parameter('sslkey', 'client-sealed.key')}&sslpassword=sealed`),
    ).toBe('certified')
    await expect(who('sslmode=require')).rejects.toThrow(/certificate/)
    expect(() => parseConnectionUrl(urlOf(shown))).toThrow(/sslkey/)
    expect(() => parseConnectionUrl(urlOf('sslrootcert=/nowhere'))).toThrow(/sslrootcert cannot be/)
  })
})

describe('authentication', () => {
  test.each(['md5', 'password', 'trust', 'scram-sha-256'])(
    '%s lets the right password in',
    async (method) => {
      const user = `user_${method.replaceAll('-', '_')}`
      const encryption = method === 'md5' ? 'md5' : 'scram-sha-256'
      await executeDirectly(
        postgres.url,
        `set password_encryption = '${encryption}'`,
        `create role ${user} login`,
      )
      const db = openDatabase({ connection: parseConnectionUrl(postgres.url), maxConnections: 1 })
      await db.begin(
        { role: null, settings: [['password_encryption', encryption]] },
        (transaction) => transaction.script('test.password', `alter role ${user} password 'pä ss'`),
      )
      const hba = join(postgres.dataDir, 'pg_hba.conf')
      writeFileSync(hba, `host all ${user} 127.0.0.1/32 ${method}\n${readFileSync(hba, 'utf8')}`)
      await executeDirectly(postgres.url, 'select pg_reload_conf()')
      const url = new URL(postgres.url)
      url.username = user
      url.password = 'pä ss'
      const asUser = openDatabase({ connection: parseConnectionUrl(url.href) })
      await expect
        .poll(async () => {
          const [result] = await asUser.transaction(ownSession, [
            sql`/* test.user */ select current_user::text`,
          ])
          return Buffer.from(result?.rows[0]?.[0] ?? '').toString()
        })
        .toBe(user)
      await asUser.close()
      await db.close()
    },
  )
})
