import { expect, test } from 'vitest'
import { findUrlFault, isPublicAddress } from './public-address.ts'
import { publicFetch } from './public-fetch.ts'

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

test('a name of this machine is not connected to', async () => {
  await expect(publicFetch('https://localhost:1/')).rejects.toThrow('localhost')
  // a name that only the machine's own resolver knows
  await expect(publicFetch('https://ip6-localhost:1/')).rejects.toThrow(
    /public internet|ENOTFOUND|EAI_AGAIN/,
  )
})
