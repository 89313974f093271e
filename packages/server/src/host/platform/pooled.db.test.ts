/** A platform behind pgbouncer in transaction mode: what belongs to a session goes past it. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { WebSocket } from 'ws'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import { createTestDatabase, findPgbouncer, startPgbouncer, startTestPlatform } from '#testing'
import type { Pgbouncer, TestDatabase, TestPlatform } from '#testing'

const program = findPgbouncer()

describe.skipIf(program === null)('behind a transaction pooler', () => {
  let database: TestDatabase
  let pooler: Pgbouncer
  let server: TestPlatform
  let service: SupabaseClient
  const connect = (key: string): SupabaseClient =>
    createClient(server.url, key, {
      realtime: { transport: WebSocket as never },
      auth: { persistSession: false, autoRefreshToken: false },
    })
  beforeAll(async () => {
    database = await createTestDatabase()
    pooler = await startPgbouncer(program as string, parseConnectionUrl(database.url), {
      logins: 'own',
    })
    server = await startTestPlatform({
      pooler,
      databaseUrl: database.url,
      config: { 'basalt.db.prepared_statements': false },
    })
    await server.script(`create table public.notes (id int primary key, body text);
      alter publication supabase_realtime add table public.notes;
      grant all on public.notes to service_role;`)
    service = connect(server.platform.keys.serviceRoleKey)
  })
  afterAll(async () => {
    await service?.removeAllChannels()
    await server?.close()
    await pooler?.stop()
    await database?.drop()
  })

  /** Postgres's sessions, by user and name. */
  async function sessions(): Promise<string[]> {
    const own = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
    try {
      const text = `select distinct usename || ' ' || application_name as name
        from pg_stat_activity where datname = current_database()`
      const result = await own.execute({ name: 'test.sessions', text, values: [] })
      return decodeRows<{ name: string }>(result).map(({ name }) => name)
    } finally {
      await own.close()
    }
  }

  test('rows are read and written', async () => {
    const rows = Array.from({ length: 20 }, (_, id) => ({ id, body: `note ${id}` }))
    expect((await service.from('notes').insert(rows)).error).toBeNull()
    const reads = await Promise.all(
      rows.map(({ id }) => service.from('notes').select('body').eq('id', id).single()),
    )
    expect(reads.map(({ data }) => data?.body as string)).toEqual(rows.map(({ body }) => body))
  })

  test('DDL is noticed: listening goes past the pooler', async () => {
    await server.script(
      'create table public.late (id int); grant all on public.late to service_role',
    )
    expect((await service.from('late').select()).error).toBeNull()
    await server.script('alter table public.late add column later int')
    await vi.waitFor(async () =>
      expect((await service.from('late').insert({ id: 1, later: 2 })).error).toBeNull(),
    )
    expect(await sessions()).toContain('authenticator basalt listener')
  })

  test('users, objects, changes of rows', async () => {
    const email = 'pooled@example.com'
    const password = 'A-secret-1'
    const user = connect(server.platform.keys.anonKey)
    expect((await user.auth.signUp({ email, password })).error).toBeNull()
    expect((await user.auth.signInWithPassword({ email, password })).data.user?.email).toBe(email)
    await service.storage.createBucket('files')
    expect((await service.storage.from('files').upload('a', 'text')).error).toBeNull()
    const { data } = await service.storage.from('files').download('a')
    expect(await data?.text()).toBe('text')

    const changes: unknown[] = []
    await new Promise<void>((resolve, reject) => {
      service
        .channel('notes')
        .on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, (change) =>
          changes.push(change.new),
        )
        .on('system', {}, ({ extension, status }: { extension: string; status: string }) => {
          if (extension === 'postgres_changes' && status === 'ok') resolve()
        })
        .subscribe((_, error) => {
          if (error !== undefined) reject(error)
        })
    })
    await service.from('notes').insert({ id: 100, body: 'seen' })
    await vi.waitFor(() => expect(changes).toEqual([{ id: 100, body: 'seen' }]), {
      timeout: 10_000,
    })
  })

  test('a pooler that lets a role in as somebody else stops the start', async () => {
    const one = await startPgbouncer(program as string, parseConnectionUrl(database.url), {
      logins: 'one',
    })
    await expect(
      startTestPlatform({ pooler: one, databaseUrl: database.url }),
    ).rejects.toMatchObject({
      code: 'login_refused',
      hint: expect.stringContaining('auth_query') as unknown,
    })
    await one.stop()
  })
})
