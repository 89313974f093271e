import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { StoredKey } from '#host/control'
import { silentLog } from '#base/kernel'
import { signToken, signingKeyOf } from '#base/token'
import type { Jwk } from '#base/token'
import { openSigningKeys } from './signing-keys.ts'

function newKey(kid: string): Jwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(privateKey.export({ format: 'jwk' }) as unknown as Jwk), kid, alg: 'ES256' }
}

/** A store that several processes share, and a clock to set. */
function fixture() {
  let nowMs = 1_700_000_000_000
  const rows = new Map<string, StoredKey>()
  const store = {
    read: () =>
      Promise.resolve([...rows.values()].filter((row) => (row.retiredUntilMs ?? nowMs) >= nowMs)),
    write: (keys: readonly StoredKey[]) => {
      for (const key of keys) rows.set(key.thumbprint, key)
      return Promise.resolve()
    },
  }
  const files: Record<string, readonly Jwk[]> = {}
  const config = (path: string | null) => defineConfig({ 'auth.signing_keys_path': path })
  const open = (path: string | null) =>
    openSigningKeys(
      {
        config: config(path),
        externalUrl: 'http://x',
        given: path === null ? [] : (files[path] ?? []),
        read: (name) => {
          const keys = files[name]
          return keys === undefined ? Promise.reject(new Error('no file')) : Promise.resolve(keys)
        },
        clock: { now: () => nowMs },
        log: silentLog,
      },
      store,
      config(path),
    )
  const pass = (seconds: number) => (nowMs += seconds * 1000)
  return { rows, files, config, open, pass, now: () => nowMs }
}

type Keys = Awaited<ReturnType<ReturnType<typeof fixture>['open']>>

function issue(keys: Keys, nowMs: number): string {
  const current = keys.current()
  current.onSign?.(nowMs)
  return signToken({ exp: Math.floor(nowMs / 1000) + 3600 }, signingKeyOf(current))
}

test('a key that has signed verifies until its last token has run out, then it is gone', async () => {
  const { files, config, open, pass, now } = fixture()
  files['one'] = [newKey('one')]
  files['two'] = [newKey('two')]
  const keys = await open('one')
  const token = issue(keys, now())
  await keys.use(config('two'))
  expect(keys.verifier().verify(token).ok).toBe(true)
  expect(keys.current().retiredKeys).toMatchObject([{ kid: 'one' }])
  expect(JSON.stringify(keys.current().retiredKeys)).not.toContain('"d"')
  expect(keys.verifier().verify(issue(keys, now())).ok).toBe(true)
  pass(3700)
  expect(keys.current().retiredKeys).toEqual([])
  expect(keys.verifier().verify(token)).toMatchObject({ ok: false })
})

test('a key that never signed goes without a trace', async () => {
  const { rows, files, config, open } = fixture()
  files['one'] = [newKey('one')]
  const keys = await open('one')
  await keys.use(config(null))
  expect(keys.current().retiredKeys).toEqual([])
  expect(rows.size).toBe(0)
})

test('another process, and the next one, keep what this one has signed with', async () => {
  const { files, config, open, now } = fixture()
  files['one'] = [newKey('one')]
  files['two'] = [newKey('two')]
  const [first, second] = [await open('one'), await open('one')]
  const token = issue(first, now())
  await second.use(config('two'))
  expect(second.verifier().verify(token).ok).toBe(true)
  await first.use(config('two'))
  expect(first.verifier().verify(token).ok).toBe(true)
  const restarted = await open('two')
  expect(restarted.verifier().verify(token).ok).toBe(true)
})

test('a key that comes back is in use, not retired', async () => {
  const { rows, files, config, open, now } = fixture()
  files['one'] = [newKey('one')]
  const keys = await open('one')
  const token = issue(keys, now())
  await keys.use(config(null))
  await keys.use(config('one'))
  expect(keys.current().retiredKeys).toEqual([])
  expect(Array.from(rows.values(), ({ retiredUntilMs }) => retiredUntilMs)).toEqual([null])
  expect(keys.verifier().verify(token).ok).toBe(true)
})

test('keys that cannot be read change nothing', async () => {
  const { files, config, open, now } = fixture()
  files['one'] = [newKey('one')]
  const keys = await open('one')
  await keys.use(config('missing'))
  expect(keys.verifier().verify(issue(keys, now())).ok).toBe(true)
  expect(keys.current().signingKeys).toMatchObject([{ kid: 'one' }])
})
