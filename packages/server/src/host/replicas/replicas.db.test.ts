/** Reads on a real streaming replica: nobody misses what he wrote, whatever becomes of the replica. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { sql } from '#base/sql'
import { createTestReplicaSet } from './replicas.fixture.ts'
import type { ReplicaFixture } from './replicas.fixture.ts'

let site: ReplicaFixture
beforeAll(async () => {
  site = await createTestReplicaSet()
})
afterAll(() => site?.close())
beforeEach(() => site.isUsed())
afterEach(() => site.replica.resume().catch(() => {}))

/** On a machine that is busy, too. */
const soon = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, 15_000)

test('reads go to the replica, writes and what follows them do not miss', async () => {
  const before = await site.reads()
  const ada = site.user('ada')
  expect((await ada('GET', '/notes?select=id&limit=1')).status).toBe(200)
  expect((await ada('POST', '/rpc/stable_one', {})).json).toBe(1)
  const after = await site.reads()
  expect(after.replica - before.replica).toBe(2)
  expect(after.primary).toBe(before.primary)
})

test('while the replica stands still, who wrote reads on the primary, all others on the replica', async () => {
  await site.replica.pause()
  const [ada, bob] = [site.user('ada'), site.user('bob')]
  const made = await ada('POST', '/notes', { id: 1, body: 'mine' })
  expect(made.status).toBe(201)
  expect(made.headers['x-basalt-lsn']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
  expect(made.headers['set-cookie']).toMatch(/^basalt-lsn=.*HttpOnly; SameSite=Lax$/)
  expect((await ada('GET', '/notes?id=eq.1')).json).toHaveLength(1)
  expect((await bob('GET', '/notes?id=eq.1')).json).toHaveLength(0)
  // with the header, or the cookie, also from elsewhere
  const lsn = String(made.headers['x-basalt-lsn'])
  expect((await bob('GET', '/notes?id=eq.1', null, { 'x-basalt-lsn': lsn })).json).toHaveLength(1)
  const cookie = `a=b; basalt-lsn=${lsn}`
  expect((await bob('GET', '/notes?id=eq.1', null, { cookie })).json).toHaveLength(1)
  for (const forged of ['FFFFFFFF/FFFFFFFF', '7FFFFFFF/0', 'nonsense', '-1/0', '']) {
    const answer = await bob('GET', '/notes?limit=1', null, { 'x-basalt-lsn': forged })
    expect(answer.status).toBe(200)
  }
  await site.replica.resume()
  await soon(async () => expect((await bob('GET', '/notes?id=eq.1')).json).toHaveLength(1))
})

test('of two servers the one that takes writes is used, whichever stands first', async () => {
  const { host, pathname, username, password } = new URL(site.server.databaseUrl)
  const replica = new URL(site.replica.url).host
  const isStandby = async (query: string): Promise<unknown> => {
    const url = `postgres://${username}:${password}@${replica},${host}${pathname}${query}`
    const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
    const look = sql`/* test.isStandby */ select pg_is_in_recovery() as is`
    const [found] = await db.begin(ownSession, (transaction) => transaction.rows(look))
    await db.close()
    return found
  }
  expect(await isStandby('')).toEqual({ is: false })
  expect(await isStandby('?target_session_attrs=any')).toEqual({ is: true })
})

test('what is written on one node is read on another, which has heard of it', async () => {
  const other = await site.secondNode()
  await site.replica.pause()
  const ada = site.user('ada')
  await ada('POST', '/notes', { id: 2, body: 'mine' })
  await soon(async () => {
    const { json } = await site.user('ada', other)('GET', '/notes?id=eq.2')
    expect(json).toHaveLength(1)
  })
  expect((await site.user('bob', other)('GET', '/notes?id=eq.2')).json).toHaveLength(0)
  await site.replica.resume()
  await other.close()
})

test('who has just signed up sees what that made', async () => {
  await site.replica.pause()
  const signedUp = await site.ask('POST', '/auth/v1/signup', {
    email: 'new@example.com',
    password: 'A-secret-1',
  })
  const { access_token: token } = signedUp.json as { access_token: string }
  const seen = await site.ask('GET', '/rest/v1/profiles', null, {
    authorization: `Bearer ${token}`,
  })
  expect(seen.json).toHaveLength(1)
  await site.replica.resume()
})

test('row-level security that is new holds at once', async () => {
  await site.replica.pause()
  await site.server.script(`create table public.later (id int); insert into public.later values (1);
    grant select on public.later to authenticated`)
  const bob = site.user('bob')
  await soon(async () => expect((await bob('GET', '/later')).json).toEqual([{ id: 1 }]))
  await site.server.script('alter table public.later enable row level security')
  await soon(async () => expect((await bob('GET', '/later')).json).toEqual([]))
  await site.replica.resume()
})

/** Each session writes a row, reads it, and reads one of anybody's: how many of its own it missed, and who answered. */
async function writeAndRead(sessions: number, times: number) {
  const before = await site.reads()
  const first = 1_000 * ++rounds
  let missed = 0
  await Promise.all(
    Array.from({ length: sessions }, async (_, n) => {
      const ask = site.user(`session-${n}`)
      for (let i = 0; i < times; i++) {
        const id = first + n * times + i
        await ask('POST', '/notes', { id, body: 'mine' })
        const { json } = await ask('GET', `/notes?id=eq.${id}`)
        if ((json as unknown[]).length !== 1) missed++
        await ask('GET', '/notes?id=eq.1')
      }
    }),
  )
  const { replica, primary } = await site.reads()
  return { missed, replica: replica - before.replica, primary: primary - before.primary }
}
let rounds = 0

test('32 sessions that write and read at once: none misses its own, and the replica answers most', async () => {
  const { missed, replica, primary } = await writeAndRead(32, 10)
  expect(missed).toBe(0)
  expect(replica + primary).toBe(640)
  expect(replica).toBeGreaterThan(primary)
})

test('nor while the replica stands still every now and then', async () => {
  let runs = true
  const stutter = (async () => {
    while (runs) {
      await site.replica.pause()
      await new Promise((resolve) => setTimeout(resolve, 60))
      await site.replica.resume()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  })()
  const { missed, replica, primary } = await writeAndRead(32, 10)
  runs = false
  await stutter
  expect(missed).toBe(0)
  expect(replica + primary).toBe(640)
})

test('a replica that is killed under load fails no read, is left out, and comes back', async () => {
  const bob = site.user('bob')
  let running = true
  const statuses = new Set<number>()
  const load = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (running) statuses.add((await bob('GET', '/notes?limit=5')).status)
    }),
  )
  await site.replica.stop()
  await soon(async () => expect((await site.reads()).up).toBe(0))
  await site.replica.start()
  await site.isUsed()
  running = false
  await load
  expect([...statuses]).toEqual([200])
})

test('a replica that does not answer holds reads up for a while, and no longer', async () => {
  process.kill(site.replica.pid, 'SIGSTOP')
  const backends = site.stopReplicaBackends('SIGSTOP')
  const bob = site.user('bob')
  const answers = await Promise.all(Array.from({ length: 8 }, () => bob('GET', '/notes?limit=1')))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect((await site.reads()).up).toBe(0)
  backends('SIGCONT')
  process.kill(site.replica.pid, 'SIGCONT')
})

test('one that was promoted is no replica any more', async () => {
  await site.replica.promote()
  await soon(async () => expect((await site.reads()).up).toBe(0))
  expect((await site.user('bob')('GET', '/notes?limit=1')).status).toBe(200)
  expect(site.server.logged).toContainEqual(
    expect.objectContaining({ level: 'warn', reason: 'it is no replica any more' }),
  )
})
