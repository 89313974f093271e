import { expect, test } from 'vitest'
import { bytesBody, isFromThisMachine } from '#base/http'
import type { HttpHeaders, HttpRequest } from '#base/http'
import { neverCancelled } from '#base/kernel'
import { trustProxies } from './trusted-proxies.ts'

const ranges = ['10.0.0.0/8', '127.0.0.1', '2001:db8:1::/48']
const from = (remoteAddress: string, headers: HttpHeaders = {}): HttpRequest => ({
  method: 'GET',
  path: '/',
  query: '',
  headers,
  remoteAddress,
  cancellation: neverCancelled,
  body: bytesBody(new Uint8Array()),
})
const seen = (request: HttpRequest, kind: 'x-forwarded' | 'forwarded' = 'x-forwarded') => {
  const { remoteAddress, forwarded } = trustProxies(ranges, kind)(request)
  return { address: remoteAddress, proto: forwarded?.proto, host: forwarded?.host }
}

test.each([
  ['what a stranger says is left unread', '192.0.2.9', '198.51.100.1', '192.0.2.9'],
  ['a proxy is believed', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['what the client made up stands before it', '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
  ['several proxies', '10.0.0.1', '6.6.6.6, 198.51.100.1, 10.2.3.4', '198.51.100.1'],
  ['all of them proxies', '10.0.0.1', '10.9.9.9, 10.2.3.4', '10.9.9.9'],
  ['with a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['IPv6', '2001:db8:1::5', '[2001:db8:2::1]:80', '2001:db8:2::1'],
  ['IPv4 on a socket for both', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['what is no address is not believed', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
  ['nothing at all', '10.0.0.1', undefined, '10.0.0.1'],
])('%s', (_, peer, header, address) => {
  expect(seen(from(peer, { 'x-forwarded-for': header })).address).toBe(address)
})

test('host and protocol are of the hop that the client reached', () => {
  const headers = {
    'x-forwarded-for': '6.6.6.6, 198.51.100.1, 10.2.3.4',
    'x-forwarded-proto': 'http, https, http',
    'x-forwarded-host': 'evil.example, api.example.com, inner:8000',
  }
  expect(seen(from('10.0.0.1', headers))).toEqual({
    address: '198.51.100.1',
    proto: 'https',
    host: 'api.example.com',
  })
  const one = { 'x-forwarded-for': '198.51.100.1, 10.2.3.4', 'x-forwarded-proto': 'https' }
  expect(seen(from('10.0.0.1', one)).proto).toBe('https')
  expect(seen(from('192.0.2.9', headers))).toEqual({
    address: '192.0.2.9',
    proto: undefined,
    host: undefined,
  })
  const odd = { 'x-forwarded-proto': 'gopher', 'x-forwarded-host': 'a b/c' }
  expect(seen(from('10.0.0.1', odd))).toMatchObject({ proto: null, host: null })
})

test('Forwarded, where the proxies set that one; the other kind is not read', () => {
  const headers = {
    forwarded:
      'for=6.6.6.6, for="[2001:db8:2::1]:4711";proto=https;host="api.example.com", for=10.2.3.4',
    'x-forwarded-for': '203.0.113.7',
  }
  expect(seen(from('10.0.0.1', headers), 'forwarded')).toEqual({
    address: '2001:db8:2::1',
    proto: 'https',
    host: 'api.example.com',
  })
  expect(seen(from('10.0.0.1', headers)).address).toBe('203.0.113.7')
  const forged = { forwarded: 'for="1.1.1.1, for=2.2.2.2' }
  expect(seen(from('10.0.0.1', forged), 'forwarded').address).toBe('10.0.0.1')
})

test('a proxy on this machine does not make who is behind it a program of this machine', () => {
  const headers = { host: 'localhost' }
  const resolve = trustProxies(ranges, 'x-forwarded')
  expect(isFromThisMachine(resolve(from('127.0.0.1', headers)))).toBe(false)
  expect(
    isFromThisMachine(resolve(from('10.0.0.1', { ...headers, 'x-forwarded-for': '127.0.0.1' }))),
  ).toBe(false)
  expect(isFromThisMachine(trustProxies([], 'x-forwarded')(from('127.0.0.1', headers)))).toBe(true)
})
