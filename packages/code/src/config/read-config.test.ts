import { expect, test } from 'vitest'
import { readConfig } from './read-config.ts'

const complete: Record<string, string> = {
  DATABASE_URL: 'postgresql://postgres@127.0.0.1/postgres',
  SUPABASE_URL: 'http://127.0.0.1:54321/',
  SUPABASE_ANON_KEY: 'anon',
  SUPABASE_SERVICE_KEY: 'service',
}
const read = (more: Record<string, string> = {}) => {
  const environment = { ...complete, ...more }
  return readConfig((name) => environment[name] ?? null)
}

test('four variables are enough', () => {
  const { directUrl, databaseUrl, supabaseUrl, secret, poolSize } = read()
  expect(directUrl).toBe(databaseUrl)
  expect({ supabaseUrl, secret, poolSize }).toEqual({
    supabaseUrl: 'http://127.0.0.1:54321',
    secret: 'service',
    poolSize: 20,
  })
})

test('lists are read', () => {
  const lists = read({
    CODE_ALLOWED_HOSTS: 'git.local, 10.0.0.1:3000,::1',
    CODE_ALLOWED_ORIGINS: 'https://app.example.com,http://localhost:3000,*',
    CODE_TRUSTED_PROXIES: '10.0.0.0/8,2001:db8::1',
  })
  expect(lists.allowedHosts).toEqual(['git.local', '10.0.0.1:3000', '::1'])
  expect(lists.allowedOrigins).toEqual(['https://app.example.com', 'http://localhost:3000', '*'])
  expect(lists.trustedProxies).toEqual(['10.0.0.0/8', '2001:db8::1'])
})

test.each([
  ['DATABASE_DIRECT_URL', 'localhost'],
  ['DATABASE_POOL_SIZE', '0'],
  ['CODE_ALLOWED_HOSTS', 'https://git.local'],
  ['CODE_ALLOWED_HOSTS', '*.git.local'],
  ['CODE_ALLOWED_ORIGINS', 'app.example.com'],
  ['CODE_ALLOWED_ORIGINS', 'https://app.example.com/'],
  ['CODE_TRUSTED_PROXIES', 'proxy'],
  ['CODE_TRUSTED_PROXIES', '10.0.0.0/33'],
])('%s=%s is refused by its name', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(`The environment is not as it should be: ${name}`)
})
