/** The address that keys are limited to is that of the client, as proxies that are believed say it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({
    works: false,
    environment: { CODE_TRUSTED_PROXIES: '127.0.0.1, 10.1.0.0/16, 2001:db8::/32' },
  })
  ann = await service.signUp('ann', { allowed_ips: ['203.0.113.0/24', '2606:4700::/32'] })
})
afterAll(() => service.close())

const ask = (url: string, forwarded: Record<string, string>) =>
  fetch(`${url}/api/v1/files`, { headers: { 'x-api-key': ann.key, ...forwarded } })

test.each([
  ['the client', '203.0.113.9', 200],
  ['another client', '198.51.100.1', 403],
  ['nothing of the kind', null, 403],
  ['a client behind two proxies', '203.0.113.9, 10.1.2.3', 200],
  ['a client behind proxies of IPv6', '2606:4700::9, 2001:db8::1', 200],
  ['IPv4 as IPv6 writes it', '::ffff:203.0.113.9', 200],
  // the nearest that is not believed is the client, whatever it says of others
  ['a client that claims to be a proxy', '203.0.113.9, 198.51.100.1', 403],
  ['a client that claims another address', '198.51.100.1, 203.0.113.9', 200],
  ['a name', 'localhost', 403],
  ['no address at all', '203.0.113.9, x', 403],
])('%s: %s', async (_, forwarded, status) => {
  const headers = forwarded === null ? {} : { 'x-forwarded-for': forwarded }
  const response = await ask(service.url, headers as Record<string, string>)
  expect(response.status).toBe(status)
})

test('a refusal names the address it is about', async () => {
  const response = await ask(service.url, { 'x-forwarded-for': '198.51.100.1' })
  expect(await response.json()).toMatchObject({
    error_type: 'address_not_allowed',
    details: { address: '198.51.100.1' },
  })
})

test('without proxies that are believed the header says nothing', async () => {
  const bare = await startTestService({ works: false })
  try {
    const bob = await bare.signUp('bob', { allowed_ips: ['203.0.113.0/24'] })
    const response = await fetch(`${bare.url}/api/v1/files`, {
      headers: { 'x-api-key': bob.key, 'x-forwarded-for': '203.0.113.9' },
    })
    expect(await response.json()).toMatchObject({ details: { address: '127.0.0.1' } })
  } finally {
    await bare.close()
  }
})
