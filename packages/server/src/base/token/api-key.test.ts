import { expect, test } from 'vitest'
import {
  classifyKey,
  defaultKeys,
  keyRule,
  mintOpaqueKeys,
  refuseKey,
  translateKey,
} from '#base/token'

const keys = defaultKeys()

test('the default keys are the ones the Supabase CLI prints', () => {
  expect(keys).toEqual({
    jwtSecret: 'super-secret-jwt-token-with-at-least-32-characters-long',
    anonKey:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9.CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0',
    serviceRoleKey:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6InNlcnZpY2Vfcm9sZSIsImV4cCI6MTk4MzgxMjk5Nn0.EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU',
    publishableKey: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
    secretKey: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz',
  })
})

test('keys are told apart', () => {
  expect(classifyKey(keys.anonKey, keys)).toBe('anon')
  expect(classifyKey(keys.serviceRoleKey, keys)).toBe('service_role')
  expect(classifyKey(keys.publishableKey, keys)).toBe('publishable')
  expect(classifyKey(keys.secretKey, keys)).toBe('secret')
  expect(classifyKey(`${keys.secretKey}x`, keys)).toBe('unknown')
  expect(classifyKey('', keys)).toBe('unknown')
})

test('random keys look like keys and differ', () => {
  const [one, two] = [mintOpaqueKeys(), mintOpaqueKeys()]
  expect(one.publishableKey).toMatch(/^sb_publishable_[\w-]{32}$/)
  expect(one.secretKey).toMatch(/^sb_secret_[\w-]{32}$/)
  expect(one.secretKey).not.toBe(two.secretKey)
})

const anon = `Bearer ${keys.anonKey}`
const service = `Bearer ${keys.serviceRoleKey}`
test.each([
  // authorization, apikey → authorization forwarded
  ['Bearer user.jwt.x', keys.secretKey, 'Bearer user.jwt.x'],
  ['Basic abc', keys.publishableKey, 'Basic abc'],
  [`Bearer ${keys.publishableKey}`, keys.publishableKey, anon],
  [`Bearer ${keys.secretKey}`, keys.secretKey, service],
  [`Bearer ${keys.secretKey}`, keys.publishableKey, anon],
  [null, keys.publishableKey, anon],
  [null, keys.secretKey, service],
  [null, keys.anonKey, keys.anonKey],
  [null, 'sb_secret_unknown', 'sb_secret_unknown'],
  [`Bearer ${keys.secretKey}`, null, null],
  [null, null, null],
])('authorization %j with apikey %j is forwarded as %j', (authorization, apikey, expected) => {
  expect(translateKey({ authorization, apikey, keys }).authorization).toBe(expected)
})

test('only a bearer authorization carries a token', () => {
  const bearer = (authorization: string | null, apikey: string | null = null) =>
    translateKey({ authorization, apikey, keys }).bearer
  expect(bearer('Bearer abc')).toBe('abc')
  expect(bearer('bearer  abc ')).toBe('abc')
  expect(bearer('Bearer a b')).toBeNull()
  expect(bearer('Basic abc')).toBeNull()
  expect(bearer(null, keys.anonKey)).toBeNull()
  expect(bearer(null, keys.secretKey)).toBe(keys.serviceRoleKey)
})

test.each([
  ['/auth/v1/verify', 'open'],
  ['/auth/v1/callback', 'open'],
  ['/auth/v1/authorize', 'open'],
  ['/auth/v1/health', 'open'],
  ['/auth/v1/.well-known/jwks.json', 'open'],
  ['/.well-known/oauth-authorization-server', 'open'],
  ['/storage/v1/s3/bucket', 'open'],
  ['/storage/v1/object/public/a', 'optional'],
  ['/functions/v1/hello', 'optional'],
  ['/auth/v1/verifyx', 'required'],
  ['/auth/v1/token', 'required'],
  ['/rest/v1/', 'required'],
  ['/realtime/v1/websocket', 'optional'],
])('%s: a key is %s', (path, rule) => expect(keyRule(path)).toBe(rule))

test('a missing and an unknown key are refused with the body of the real gateway', () => {
  const never = () => false
  expect(refuseKey(null, keys, never)).toEqual({
    status: 401,
    body: { message: 'No API key found in request' },
  })
  expect(refuseKey('sb_secret_x', keys, never)).toEqual({
    status: 401,
    body: {
      message: 'Invalid API key',
      hint: 'Double check your Supabase `anon` or `service_role` API key.',
    },
  })
  expect(refuseKey(keys.publishableKey, keys, never)).toBeNull()
  expect(refuseKey('an.older.key', keys, (key) => key === 'an.older.key')).toBeNull()
})
