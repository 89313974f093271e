import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
const password = 'Secret-123!'
beforeAll(async () => {
  auth = await openAuth({
    'auth.email.enable_confirmations': true,
    'auth.email.max_frequency': 60_000,
  })
})
afterAll(() => auth.close())

const post = (path: string, body: object): Promise<Answer> => auth.call('POST', path, { body })

let count = 0
async function newUser(isConfirmed: boolean): Promise<string> {
  const email = `known${++count}@example.com`
  await post('/signup', { email, password })
  const confirmed = isConfirmed ? 'now()' : 'null'
  await auth.script(`update auth.users set email_confirmed_at = ${confirmed},
    confirmation_sent_at = now() - interval '1 hour' where email = '${email}'`)
  return email
}

/** What differs from sign-up to sign-up. */
function shapeOf({ status, body }: Answer): object {
  const text = JSON.stringify(body)
    .replaceAll(/"[0-9a-f-]{36}"/g, '"id"')
    .replaceAll(/known\d+|stranger\d+/g, 'name')
    .replaceAll(/\d{4}-\d\d-\d\dT[^"]*/g, 'time')
    .replaceAll(/after \d+ seconds/g, 'after N seconds')
  return { status, text }
}

const asks: readonly (readonly [string, (email: string) => Promise<Answer>])[] = [
  ['/recover', (email) => post('/recover', { email })],
  ['/otp', (email) => post('/otp', { email })],
  ['/magiclink', (email) => post('/magiclink', { email })],
  ['/resend', (email) => post('/resend', { type: 'signup', email })],
  ['/resend of a change', (email) => post('/resend', { type: 'email_change', email })],
]

test.each(asks)(
  '%s answers the same for the known and the unknown, the second time too',
  async (_, ask) => {
    const known = await newUser(true)
    const pending = await newUser(false)
    const stranger = `stranger${++count}@example.com`
    for (const expected of [200, 429]) {
      const answers = [await ask(stranger), await ask(known), await ask(pending)].map(shapeOf)
      expect(answers[0]).toMatchObject({ status: expected })
      expect(answers[1]).toEqual(answers[0])
      expect(answers[2]).toEqual(answers[0])
    }
    auth.advance(61)
    expect((await ask(stranger)).status).toBe(200)
  },
)

test('/signup of a taken address looks like a new one, the second time too', async () => {
  const known = await newUser(true)
  const stranger = `stranger${++count}@example.com`
  const signUp = (email: string): Promise<Answer> => post('/signup', { email, password })
  const [fresh, taken] = [await signUp(stranger), await signUp(known)]
  expect([fresh.status, taken.status]).toEqual([200, 200])
  expect(Object.keys(taken.body).toSorted()).toEqual(Object.keys(fresh.body).toSorted())
  expect([(await signUp(stranger)).status, (await signUp(known)).status]).toEqual([429, 429])
})

test('a mail that cannot be sent changes nothing in the answer', async () => {
  const known = await newUser(true)
  const failing = await openAuth({}, { mailer: { send: () => Promise.reject(new Error('down')) } })
  try {
    await failing.call('POST', '/signup', { body: { email: known, password } })
    const ask = (email: string) => failing.call('POST', '/recover', { body: { email } })
    const answers = [await ask(known), await ask('stranger@example.com')]
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([
      { status: 200, body: {} },
      { status: 200, body: {} },
    ])
  } finally {
    await failing.close()
  }
})

test('answers leave in steps of time: the known do not take longer', async () => {
  auth.configure({ 'auth.email.max_frequency': 0 })
  const known = await newUser(true)
  const times = { known: [] as number[], unknown: [] as number[] }
  for (let i = 0; i < 15; i++) {
    for (const who of ['known', 'unknown'] as const) {
      const started = performance.now()
      await post('/recover', { email: who === 'known' ? known : `stranger${i}@example.com` })
      times[who].push(performance.now() - started)
    }
  }
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[7] ?? 0
  // a step is 25 ms; on a busy machine both medians may be a step later, not one of them
  expect(Math.abs(median(times.known) - median(times.unknown))).toBeLessThan(12)
})
