import { expect, test } from 'vitest'
import { defineConfig, variablesOf } from '#base/config'
import { statusEntries } from './status-entries.ts'

const keys = {
  jwtSecret: 'a',
  anonKey: 'b',
  serviceRoleKey: 'c',
  publishableKey: 'd',
  secretKey: 'e',
}
const everything = statusEntries({
  config: defineConfig(),
  url: 'http://127.0.0.1:1',
  dbUrl: 'postgres://a@b/c',
  inboxUrl: 'http://127.0.0.1:2',
  studio: { url: 'http://127.0.0.1:3', link: 'http://127.0.0.1:3/#code=x' },
  keys,
})

test('no option is read from a variable that status prints: eval "$(basalt status -o env)" changes nothing', () => {
  const read = new Set(Object.keys(defineConfig()).flatMap((key) => variablesOf(key)))
  expect(read).toContain('SUPABASE_API_PORT')
  expect(read).toContain('BASALT_DB_URL')
  expect(everything.map(({ name }) => name).filter((name) => read.has(name))).toEqual([])
})
