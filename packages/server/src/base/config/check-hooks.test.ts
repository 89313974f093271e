import { expect, test } from 'vitest'
import { checkHooks } from './check-hooks.ts'
import { defineConfig } from './define-config.ts'

const secret = `v1,whsec_${Buffer.alloc(32, 7).toString('base64')}`
const problems = (uri: string, secrets = '', enabled = true) => {
  const hook = { send_sms: { enabled, uri, secrets } }
  return checkHooks(defineConfig({ 'auth.hook': hook }), 'test').map(({ key }) => key)
}

test.each([
  ['pg-functions://postgres/public/f', ''],
  ['https://hooks.example.com/x?y=1', secret],
  ['http://localhost:54321/functions/v1/hook', `${secret}|${secret}`],
  ['http://host.docker.internal/x', ''],
])('the hook %j can be called', (uri, secrets) => {
  expect(problems(uri, secrets)).toEqual([])
})

test.each([
  '',
  'hello',
  'ftp://example.com',
  'http://example.com/hook',
  'pg-functions://postgres/public',
  'pg-functions://postgres/public/f/g',
  'pg-functions://postgres/public/f";drop',
])('the hook %j cannot', (uri) => {
  expect(problems(uri)).toEqual(['auth.hook.send_sms.uri'])
  expect(problems(uri, '', false)).toEqual([])
})

test('secrets that cannot sign are a problem', () => {
  expect(problems('https://example.com', 'whsec_abc')).toEqual(['auth.hook.send_sms.secrets'])
})
