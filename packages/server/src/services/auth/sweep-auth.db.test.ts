/** What a year of sign-ins leaves behind. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { openAuth } from '#services/auth/testing'
import type { AuthFixture } from '#services/auth/testing'
import { removeSome } from './sweep-auth.ts'

let auth: AuthFixture
let count = 0
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())

interface SignedIn {
  readonly session: string
  readonly refresh_token: string
}

/** A user of its own, whose first token was replaced by a second. */
async function signIn(): Promise<SignedIn> {
  const user = { email: `user${++count}@example.com`, password: 'Secret-123!' }
  const { body } = await auth.call('POST', '/signup', { body: user })
  const renewed = await refresh(body.refresh_token)
  const [row] = await auth.query(
    `select session_id as session from auth.refresh_tokens where token = '${renewed.body.refresh_token}'`,
  )
  return { session: String(row?.['session']), refresh_token: renewed.body.refresh_token }
}
const refresh = (refresh_token: string) =>
  auth.call('POST', '/token?grant_type=refresh_token', { body: { refresh_token } })
/** As if all of the session had been done so many days earlier. */
const age = (session: string, days: number): Promise<void> =>
  auth.script(`
    update auth.sessions set created_at = created_at - interval '${days} days', updated_at = updated_at - interval '${days} days',
      refreshed_at = refreshed_at - interval '${days} days' where id = '${session}';
    update auth.refresh_tokens set created_at = created_at - interval '${days} days',
      updated_at = updated_at - interval '${days} days' where session_id = '${session}'`)
const left = async (session: string): Promise<unknown> =>
  (
    await auth.query(`select (select count(*)::int from auth.sessions where id = '${session}') as sessions,
      (select count(*)::int from auth.refresh_tokens where session_id = '${session}') as tokens`)
  )[0]
const sweep = (config = {}): Promise<boolean> => removeSome(auth.db, defineConfig(config))

test('tokens that were replaced go after a month; the session goes on', async () => {
  const { session, refresh_token } = await signIn()
  await age(session, 29)
  await sweep()
  expect(await left(session)).toEqual({ sessions: 1, tokens: 2 })
  await age(session, 2)
  await sweep()
  expect(await left(session)).toEqual({ sessions: 1, tokens: 1 })
  expect((await refresh(refresh_token)).status).toBe(200)
})

test.each([
  ['its own end', `update auth.sessions set not_after = now() - interval '31 days' where id =`, {}],
  ['the timebox', 'select from auth.sessions where id =', { 'auth.sessions.timebox': 86_400_000 }],
  [
    'inactivity',
    'select from auth.sessions where id =',
    { 'auth.sessions.inactivity_timeout': 86_400_000 },
  ],
  ['a theft', 'update auth.refresh_tokens set revoked = true where session_id =', {}],
])('a session that is over by %s goes a month later', async (_, over, config) => {
  const [gone, fresh] = [await signIn(), await signIn()]
  await age(gone.session, 32)
  await auth.script(`${over} '${gone.session}'`)
  await sweep(config)
  expect(await left(gone.session)).toEqual({ sessions: 0, tokens: 0 })
  expect(await left(fresh.session)).toEqual({ sessions: 1, tokens: 2 })
})

test('challenges go after a day, the audit log after the time that is set, many in turns', async () => {
  await auth.script(`
    insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
      select gen_random_uuid(), id, 'totp', 'verified', now(), now() from auth.users limit 1;
    insert into auth.mfa_challenges (id, factor_id, created_at, ip_address)
      select gen_random_uuid(), id, now() - hours * interval '1 hour', '127.0.0.1'
      from auth.mfa_factors, (values (1), (25)) as made (hours);
    insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
      select null, gen_random_uuid(), '{}', now() - interval '8 days', 'old' from generate_series(1, 2001)`)
  const counts = async (): Promise<unknown> =>
    (
      await auth.query(`select (select count(*)::int from auth.mfa_challenges) as challenges,
        (select count(*)::int from auth.audit_log_entries where ip_address = 'old') as audit`)
    )[0]
  expect(await sweep()).toBe(false)
  expect(await counts()).toEqual({ challenges: 1, audit: 2001 })
  const week = { 'basalt.auth.audit_retention': 7 * 86_400_000 }
  expect(await sweep(week)).toBe(true)
  expect(await sweep(week)).toBe(false)
  expect(await counts()).toEqual({ challenges: 1, audit: 0 })
  expect(await auth.query('select from auth.audit_log_entries limit 1')).toHaveLength(1)
})
