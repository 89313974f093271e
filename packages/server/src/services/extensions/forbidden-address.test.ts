import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isNotPublic } from './forbidden-address.ts'
import { createSender } from './send-request.ts'

const server = createServer((request, response) =>
  request.url === '/away'
    ? response.writeHead(302, { location: `http://localhost:${port}/` }).end()
    : response.end('secret'),
)
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

async function ask(url: string, externalUrl: string) {
  const sender = createSender({ externalUrl, privateNetworks: false })
  const request = { id: 1, method: 'GET', url, headers: null, body: null, timeoutMs: 2_000 }
  const outcome = await sender.send(request, new AbortController().signal)
  sender.close()
  return outcome?.content ?? outcome?.error_msg
}

test('without private networks nothing of this machine is reached, by no name for it', async () => {
  const own = 'https://a.example'
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '2130706433',
  ])
    expect(await ask(`http://${host}:${port}/`, own)).toMatch(/outside the public internet/)
  expect(await ask(`http://host.docker.internal:${port}/`, own)).toMatch(/outside the public/)
})

test('but for the project’s own URL, which leads nowhere else', async () => {
  const own = `http://127.0.0.1:${port}`
  expect(await ask(`${own}/`, own)).toBe('secret')
  expect(await ask('http://kong:8000/', own)).toBe('secret')
  expect(await ask(`${own}/away`, own)).toMatch(/outside the public internet/)
})

test.each([
  '10.1.2.3',
  '192.168.0.1',
  '172.31.0.1',
  '100.64.0.1',
  'fd00::1',
  'fe80::1',
  '::',
  '64:ff9b::a00:1',
  '169.254.169.254',
])('%s is not public', (address) => expect(isNotPublic(address)).toBe(true))
test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111'])('%s is', (address) =>
  expect(isNotPublic(address)).toBe(false),
)
