/** The managed Postgres run from what is installed on this machine (Debian: postgresql-15, postgresql-15-cron, postgresql-15-pgtap). */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { standIns } from '#services/extensions'
import { startEmbeddedPostgres, freePort } from '#host/node/postgres'
import { openLocalPlatform } from './open-local-platform.ts'
import type { LocalPlatform } from './open-local-platform.ts'

const majors = [17, 16, 15].filter((major) => existsSync(`/usr/lib/postgresql/${major}/bin/initdb`))
const folder = mkdtempSync(join(tmpdir(), 'basalt-installed-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const names = async (db: Database, text: string): Promise<unknown[]> => {
  const rows = decodeRows(await db.execute({ name: 'test.names', text, values: [] }))
  return rows.map((row) => Object.values(row as object)[0])
}

describe('a folder of programs that will not do', () => {
  const script = (name: string, text: string): string => {
    const bin = join(folder, name)
    mkdirSync(bin)
    for (const program of ['postgres', 'initdb']) {
      writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    }
    return bin
  }
  const refusal = (binaries: string): Promise<string> =>
    startEmbeddedPostgres({ dataDir: join(folder, 'refused'), binaries }).then(
      () => 'started',
      (error: Error) => `${error.name}: ${error.message}`,
    )

  test('is refused with what is wrong and what to do', async () => {
    const missing = await refusal(join(folder, 'nowhere'))
    expect(missing).toContain('nowhere: there is no such folder. Name the folder with the server')
    expect(await refusal(folder)).toContain('there is no program "postgres" in it')
    const old = await refusal(script('old', 'echo "postgres (PostgreSQL) 14.9"'))
    expect(old).toContain('is Postgres 14; 15 to 18 are supported')
    const other = await refusal(script('other', 'echo hello'))
    expect(other).toContain('is not Postgres; it says: hello')
    const lone = script('lone', '')
    rmSync(join(lone, 'initdb'))
    expect(await refusal(lone)).toContain('initdb is missing beside')
    const closed = script('closed', '')
    chmodSync(join(closed, 'postgres'), 0o600)
    expect(await refusal(closed)).toMatch(/uid \d+ may not run .*closed\/postgres.*chmod o\+x/)
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })
})

describe.skipIf(majors.length === 0)(
  `an installed Postgres ${majors[0] ?? '(none here: apt-get install postgresql)'}`,
  () => {
    const major = majors[0] ?? 15
    const binaries = `/usr/lib/postgresql/${major}/bin`
    const has = (name: string): boolean =>
      existsSync(`/usr/share/postgresql/${major}/extension/${name}.control`)
    const workdir = join(folder, 'project')
    let local: LocalPlatform
    let db: Database

    beforeAll(async () => {
      mkdirSync(join(workdir, 'supabase'), { recursive: true })
      const config = defineConfig({
        'db.port': await freePort(),
        'basalt.db.binaries': binaries,
        'basalt.auth.leaked_passwords': false,
      })
      local = await openLocalPlatform({ workdir, config })
      db = openDatabase({ connection: parseConnectionUrl(local.databaseUrl), maxConnections: 1 })
    })
    afterAll(async () => {
      await db?.close()
      await local?.close()
    })

    test('serves the platform, in the same order of text as the embedded one', async () => {
      expect(await names(db, `select current_setting('server_version_num')::int / 10000`)).toEqual([
        major,
      ])
      expect(
        await names(db, `select v from (values ('é'), ('b'), ('A'), ('a')) t (v) order by v`),
      ).toEqual(['A', 'a', 'b', 'é'])
      expect(await names(db, `select current_setting('data_checksums')`)).toEqual(['on'])
      const health = await local.platform.fetch('http://localhost/auth/v1/health')
      expect(health.status).toBe(200)
    })

    test('has its own extensions, and stand-ins for the others only', async () => {
      const available = await names(db, 'select name::text from pg_available_extensions')
      const missing = standIns.filter(({ name }) => !available.includes(name))
      expect(missing).toEqual([])
      for (const { name, comment } of standIns) {
        const [found] = await names(
          db,
          `select comment from pg_available_extensions where name = '${name}'`,
        )
        expect(found === comment, name).toBe(!has(name))
      }
      // pg_net would set our worker to work, whose absence is looked for below
      const ours = standIns.filter(({ name }) => !has(name) && name !== 'pg_net')
      for (const { name } of ours) {
        await names(db, `create extension if not exists ${name}`)
      }
      expect(await names(db, `select ('[1,2]'::vector <-> '[1,5]')`)).toEqual([3])
      expect(await names(db, `select vault.create_secret('s', 'n') is not null`)).toEqual([true])
    })

    test.skipIf(!has('pg_cron'))('runs the real pg_cron, and ours stands aside', async () => {
      const key = join(workdir, 'supabase', '.temp', 'pgdata', 'pgsql_tmp.superuser.key')
      const url = new URL(local.databaseUrl)
      url.username = 'supabase_admin'
      url.password = readFileSync(key, 'utf8')
      const admin = openDatabase({ connection: parseConnectionUrl(url.href), maxConnections: 1 })
      try {
        await names(admin, 'create extension pg_cron')
        await names(admin, `select cron.schedule('j', '* * * * *', 'select 1')`)
        const setting = await names(admin, `select current_setting('cron.use_background_workers')`)
        expect(setting).toEqual(['on'])
        const loaded = await names(admin, 'show shared_preload_libraries')
        expect(loaded).toEqual(['pg_stat_statements,pg_cron'])
        const launchers = `select count(*)::int from pg_stat_activity where backend_type = 'pg_cron launcher'`
        await expect.poll(() => names(admin, launchers)).toEqual([1])
        // the lock that only our worker takes, for extensions of ours
        const locks = `select count(*)::int from pg_locks where locktype = 'advisory'`
        expect(await names(admin, locks)).toEqual([0])
      } finally {
        await admin.close()
      }
    })

    test('leaves the data folder of another major version alone, and says what to do', async () => {
      const dataDir = join(workdir, 'supabase', '.temp', 'pgdata')
      await local.close()
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
        new RegExp(
          `was made by Postgres ${major}, and this is Postgres 18.*To keep the data: .*basalt db reset`,
        ),
      )
    })
  },
)

describe('the embedded Postgres', () => {
  test('finds what is installed: SQL alone of other versions, and the folders it is told', async () => {
    const told = join(folder, 'told')
    mkdirSync(join(told, 'extension'), { recursive: true })
    const write = (name: string, text: string): void =>
      writeFileSync(join(told, 'extension', name), text)
    write('told.control', `default_version = '1'\nrelocatable = true\n`)
    write('told--1.sql', `create function told() returns int language sql return 7;`)
    write('vector.control', `default_version = '9'\ncomment = 'the real one'\n`)
    write('vector--9.sql', 'select 1;')
    const dataDir = join(folder, 'embedded')
    await expect(
      startEmbeddedPostgres({ dataDir, extensionPaths: [join(folder, 'nothing')] }),
    ).rejects.toThrow(/basalt.db.extension_paths: there are no extensions in .*nothing/)
    const postgres = await startEmbeddedPostgres({ dataDir, extensionPaths: [told] })
    const { user, password, port } = postgres
    const db = openDatabase({
      connection: parseConnectionUrl(`postgresql://${user}:${password}@127.0.0.1:${port}/postgres`),
      maxConnections: 1,
    })
    try {
      await names(db, 'create extension told')
      expect(await names(db, 'select told()')).toEqual([7])
      expect(
        await names(db, `select comment from pg_available_extensions where name = 'vector'`),
      ).toEqual(['the real one'])
      const available = await names(db, 'select name::text from pg_available_extensions')
      const pgtap = [18, 17, 16, 15].some((n) =>
        existsSync(`/usr/share/postgresql/${n}/extension/pgtap.control`),
      )
      expect(available.includes('pgtap')).toBe(pgtap)
      if (pgtap) {
        await names(db, 'create extension pgtap')
        expect(await names(db, 'select plan(1)')).toEqual(['1..1'])
      }
    } finally {
      await db.close()
      await postgres.stop('immediate')
    }
  })
})
