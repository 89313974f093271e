import { exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import type { Outgoing } from './outgoing.ts'
import { RemoteKeys } from './remote-keys.ts'

let nowMs = 0
let asked = 0
let answer: () => Promise<{ readonly status: number; readonly keys: readonly JWK[] }>
const outgoing: Outgoing = async () => {
  asked++
  const { status, keys } = await answer()
  return { status, contentType: 'application/json', text: JSON.stringify({ keys }) }
}
const publish = (...kids: readonly string[]): void => {
  answer = async () => ({
    status: 200,
    keys: await Promise.all(
      kids.map(async (kid) => {
        const { publicKey } = await generateKeyPair('ES256', { extractable: true })
        return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
      }),
    ),
  })
}
const away = (): void => {
  answer = () => Promise.reject(new Error('no answer'))
}
let keys: RemoteKeys
const has = (kid: string): Promise<boolean> =>
  Promise.resolve(keys.find({ alg: 'ES256', kid }, { payload: '', signature: '' })).then(
    () => true,
    () => false,
  )

beforeEach(() => {
  nowMs = 1_000_000
  asked = 0
  publish('one')
  keys = new RemoteKeys('https://id.example.com/keys', outgoing, { now: () => nowMs })
})

test('they are fetched once, and again when they are ten minutes old: a key that is gone is forgotten', async () => {
  expect(await Promise.all([has('one'), has('one')])).toEqual([true, true])
  nowMs += 599_000
  expect([await has('one'), asked]).toEqual([true, 1])
  publish('two')
  nowMs += 2_000
  expect([await has('one'), await has('two')]).toEqual([false, true])
})

test('a new one is fetched at once, those that are made up every ten seconds', async () => {
  expect(await has('one')).toBe(true)
  publish('one', 'two')
  expect([await has('two'), asked]).toEqual([true, 2])
  for (let at = 0; at < 100; at++) expect(await has(`made-up-${at}`)).toBe(false)
  expect(asked).toBe(2)
  publish('three')
  nowMs += 10_000
  expect([await has('three'), await has('two'), asked]).toEqual([true, false, 3])
})

test('while the issuer is away those that are known are good for a day, and it is asked every five seconds', async () => {
  expect(await has('one')).toBe(true)
  away()
  nowMs += 601_000
  for (let at = 0; at < 100; at++) expect(await has('one')).toBe(true)
  expect(asked).toBe(2)
  nowMs += 5_000
  expect([await has('one'), asked]).toEqual([true, 3])
  nowMs += 86_400_000
  expect(await has('one')).toBe(false)
  publish('one')
  nowMs += 5_000
  expect(await has('one')).toBe(true)
})

test('an answer that is no set of keys is none', async () => {
  answer = () => Promise.resolve({ status: 302, keys: [] })
  expect(await has('one')).toBe(false)
  for (let at = 0; at < 10; at++) expect(await has('one')).toBe(false)
  expect(asked).toBe(1)
})
