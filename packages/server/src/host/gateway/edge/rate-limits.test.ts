import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { bytesBody } from '#base/http'
import { neverCancelled } from '#base/kernel'
import type { PlatformError } from '#base/kernel'
import type { Authentication, Caller, Project } from '#base/service'
import { countRequest, createMemoryCounter } from './rate-limits.ts'
import type { Allowance } from './rate-limits.ts'

const project = (ref = 'a'): Project =>
  ({
    ref,
    keys: { jwtSecret: 'x'.repeat(32) },
    config: defineConfig({
      'basalt.rate_limit.enabled': true,
      'basalt.rate_limit.anonymous': 2,
      'basalt.rate_limit.authenticated': 3,
      'basalt.rate_limit.api_key': 4,
    }),
  }) as unknown as Project
const as = (caller: Partial<Caller>): Authentication => ({
  ok: true,
  token: 't',
  caller: { role: 'authenticated', claims: {}, claimsJson: '{}', ...caller },
})
const anon = as({ role: 'anon', claims: { role: 'anon' } })

function setUp() {
  let now = 0
  const counter = createMemoryCounter({ now: () => now })
  const mine = project()
  return {
    pass: (ms: number) => (now += ms),
    ask: (who: Authentication, remoteAddress = '192.0.2.1', of = mine): number => {
      const body = bytesBody(new Uint8Array())
      const asked = { method: 'GET', path: '/', query: '', headers: {}, body, remoteAddress }
      const request = { ...asked, cancellation: neverCancelled }
      try {
        return (countRequest(counter, of, who, request) as Allowance | null)?.left ?? Infinity
      } catch (error) {
        return -Number((error as PlatformError).headers['retry-after'])
      }
    },
  }
}

test('so many a minute, then none until the minute is over', () => {
  const { ask, pass } = setUp()
  expect([ask(anon), ask(anon), ask(anon)]).toEqual([1, 0, -60])
  pass(30_500)
  expect(ask(anon)).toBe(-30)
  pass(29_500)
  expect(ask(anon)).toBe(1)
})

test('a clock that is set back by an hour refuses nobody for an hour', () => {
  const { ask, pass } = setUp()
  expect([ask(anon), ask(anon), ask(anon)]).toEqual([1, 0, -60])
  pass(-3_600_000)
  expect(ask(anon)).toBe(1)
})

test('users count by themselves, wherever they are; others by address', () => {
  const { ask } = setUp()
  const ada = as({ claims: { sub: 'ada' } })
  expect([ask(ada), ask(ada, '192.0.2.2'), ask(ada), ask(ada)]).toEqual([2, 1, 0, -60])
  expect(ask(as({ claims: { sub: 'bob' } }))).toBe(2)
  expect([ask(anon), ask(anon, '192.0.2.2')]).toEqual([1, 1])
  // a token that is none brings no user
  expect(ask({ ok: false, failure: 'malformed', message: '' } as Authentication)).toBe(0)
  expect(ask(anon, '192.0.2.1', project('b'))).toBe(1)
})

test('an IPv6 network is one address', () => {
  const { ask } = setUp()
  const left = ['2001:db8::1', '2001:0DB8:0:0:ffff::', '2001:db8:0:1::1'].map((it) => ask(anon, it))
  expect(left).toEqual([1, 0, 1])
  expect([ask(anon, '::ffff:192.0.2.77'), ask(anon, '192.0.2.77')]).toEqual([1, 0])
})

test('API keys have their own, the service key and calls inside the process none', () => {
  const { ask } = setUp()
  expect(ask(as({ apiKeyId: 'k', claims: { sub: 'ada' } }))).toBe(3)
  expect(ask(as({ role: 'service_role' }))).toBe(Infinity)
  expect(ask(anon, '')).toBe(Infinity)
})

test('what is remembered is bounded', () => {
  const counter = createMemoryCounter({ now: () => 0 })
  const count = (key: string): unknown => counter.count(key)
  count('first')
  for (let i = 0; i < 100_001; i++) count(`k${i}`)
  expect(count('first')).toMatchObject({ requests: 1 })
  expect(count('k100000')).toMatchObject({ requests: 2 })
})
