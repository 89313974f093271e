/** The auth kit: what is stored, what is refused, what expires. */
import { expect, test } from 'vitest'
import { createAuth } from './auth.ts'
import { code, openFor } from './docstore.fixture.ts'

const credentials = { email: 'Ann@Example.com ', password: 'correct horse' }

async function opened(now: () => number = () => Date.now()) {
  const db = await openFor('memory', { now })
  const auth = createAuth(db, { sessionTtlMs: 1000 })
  await db.applySchemas(auth.schemas)
  return { db, auth }
}

test('signs up, validates, signs in and out; nothing secret is stored or given out', async () => {
  const { db, auth } = await opened()
  const { user, session } = await auth.signUp({ ...credentials, data: { name: 'Ann' } })
  expect(user).toMatchObject({
    email: 'ann@example.com',
    role: 'authenticated',
    data: { name: 'Ann' },
  })
  expect(Object.keys(user)).not.toContain('password')
  const [stored] = await db.getAll('users')
  expect(stored?.['password']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(JSON.stringify(await db.getAll('sessions'))).not.toContain(session.token)
  expect(await auth.validateSession(session.token)).toMatchObject({
    user: { id: user.id },
    caller: { sub: user.id, role: 'authenticated' },
  })
  const again = await auth.signIn({ email: 'ANN@example.com', password: credentials.password })
  expect(again.session.token).not.toBe(session.token)
  expect(await auth.findUserByEmail('ann@EXAMPLE.com')).toMatchObject({ id: user.id })
  expect(await auth.signOut(session.token)).toBe(true)
  expect(await auth.validateSession(session.token)).toBeUndefined()
  expect(await auth.signOutEverywhere(user.id)).toBe(1)
  expect(await auth.validateSession(again.session.token)).toBeUndefined()
  expect(await auth.validateSession('')).toBeUndefined()
})

test('an address is taken once, also by two at a time, and then leaves no session', async () => {
  const { db, auth } = await opened()
  const results = await Promise.allSettled([auth.signUp(credentials), auth.signUp(credentials)])
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  await expect(auth.signUp(credentials)).rejects.toEqual(code('email_taken'))
  expect([await db.count('users'), await db.count('sessions')]).toEqual([1, 1])
})

test('wrong passwords and unknown addresses get the same answer; bad input is named', async () => {
  const { auth } = await opened()
  await auth.signUp(credentials)
  await expect(auth.signIn({ ...credentials, password: 'wrong horse' })).rejects.toEqual(
    code('invalid_credentials'),
  )
  await expect(auth.signIn({ ...credentials, email: 'bob@example.com' })).rejects.toEqual(
    code('invalid_credentials'),
  )
  await expect(auth.signUp({ ...credentials, password: 'short' })).rejects.toEqual(
    code('weak_password'),
  )
  await expect(auth.signUp({ ...credentials, email: 'nobody' })).rejects.toEqual(
    code('invalid_email'),
  )
})

test('a session ends at its time', async () => {
  let now = Date.now()
  const { db, auth } = await opened(() => now)
  const { session } = await auth.signUp(credentials)
  now += 999
  expect(await auth.validateSession(session.token)).toBeDefined()
  now += 1
  expect(await auth.validateSession(session.token)).toBeUndefined()
  expect(await db.sweep()).toBe(1)
})

test('a caller cannot reach users and sessions', async () => {
  const { db, auth } = await opened()
  const { user } = await auth.signUp(credentials)
  const caller = db.as({ sub: user.id, role: 'authenticated' })
  expect(await caller.getAll('users')).toEqual([])
  expect(await caller.getAll('sessions')).toEqual([])
  await expect(caller.put('users', { ...user, role: 'service_role' })).rejects.toEqual(
    code('policy_denied'),
  )
})
