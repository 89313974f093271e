import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOutgoing } from './outgoing.ts'
import { findUrlFault, isPublicAddress } from './public-address.ts'
import { createPublicFetch, publicFetch } from './public-fetch.ts'

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:db8::1', false],
  ['nonsense', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

test.each([
  ['https://idp.example.com/realm', null],
  ['http://idp.example.com', 'URL must use HTTPS'],
  ['nonsense', 'Invalid URL format'],
  ['https://user:pass@idp.example.com', 'URL must not contain credentials'],
  ['https://localhost/x', 'URL cannot point to localhost or loopback addresses'],
  ['https://a.localhost', 'URL cannot point to localhost or loopback addresses'],
  ['https://2130706433/', 'URL cannot point to addresses outside the public internet'],
  ['https://0x7f.1/', 'URL cannot point to addresses outside the public internet'],
  ['https://[::1]/', 'URL cannot point to addresses outside the public internet'],
  ['https://[::ffff:a9fe:a9fe]/', 'URL cannot point to addresses outside the public internet'],
])('%s: %s', (url, fault) => {
  expect(findUrlFault(url)).toBe(fault)
})

const tls = (name: string): string =>
  readFileSync(new URL(`../../../../../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')

describe('a fetch of the public internet', () => {
  let server: Server
  let port = 0
  const seen: string[] = []
  beforeAll(async () => {
    server = createServer(
      { key: tls('server.key'), cert: tls('server.crt') },
      (request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
        if (request.url === '/moved') return response.writeHead(302, { location: '/' }).end()
        if (request.url === '/slow') return response.writeHead(200).write('{')
        return request.on('data', (part) => response.write(part)).on('end', () => response.end('!'))
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const here = (isAllowed: (address: string) => boolean) =>
    createOutgoing({
      timeoutMs: 300,
      maxBytes: 100,
      fetch: createPublicFetch({
        tls: { ca: tls('ca.crt'), servername: 'localhost' },
        isAllowed,
        resolve: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
      }),
    })
  const at = (path: string): string => `https://db.example.com:${port}${path}`
  const headers = { authorization: 'Bearer x' }

  test('sends and reads', async () => {
    const request = { method: 'POST', url: at('/token?a=1'), headers, body: 'code=c' } as const
    expect(await here(() => true)(request)).toMatchObject({ status: 200, text: 'code=c!' })
    expect(seen.at(-1)).toBe('POST /token?a=1 Bearer x')
  })

  test('follows no redirect, waits no longer than it may, reads no more', async () => {
    const send = here(() => true)
    expect((await send({ method: 'GET', url: at('/moved'), headers })).status).toBe(302)
    await expect(send({ method: 'GET', url: at('/slow'), headers })).rejects.toThrow(
      /abort|timeout/i,
    )
    const long = { method: 'POST', url: at('/'), headers, body: 'x'.repeat(200) } as const
    await expect(send(long)).rejects.toThrow('more than 100 bytes')
  })

  test('does not connect where a name leads inside', async () => {
    const before = seen.length
    const send = here((address) => address !== '127.0.0.1')
    await expect(send({ method: 'GET', url: at('/'), headers })).rejects.toThrow(
      'db.example.com is not on the public internet',
    )
    await expect(publicFetch('https://127.0.0.1/')).rejects.toThrow('outside the public internet')
    expect(seen.length).toBe(before)
  })
})
