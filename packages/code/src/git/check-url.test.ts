import { expect, test } from 'vitest'
import { isPublicAddress, parseRemoteUrl, resolveRemote } from './check-url.ts'

test.each([
  ['https://github.com/owner/name.git', 'https:', 'github.com', 443],
  ['ssh://git@github.com/owner/name.git', 'ssh:', 'github.com', 22],
  ['git@github.com:owner/name.git', 'ssh:', 'github.com', 22],
  ['ssh://git@example.com:2222/~ann/name', 'ssh:', 'example.com', 2222],
])('%s is taken', (url, protocol, host, port) => {
  expect(parseRemoteUrl(url, [])).toMatchObject({ protocol, host, port })
})

test.each([
  'file:///etc',
  '/etc',
  '../other',
  'ext::sh -c id',
  'git://github.com/owner/name',
  'http://github.com/owner/name',
  'https://ann:secret@github.com/owner/name',
  'https://token@github.com/owner/name',
  'https://github.com/owner/name?x=1',
  'https://github.com/',
  'ssh://-oProxyCommand=id/owner',
  'ssh://-oProxyCommand=id@example.com/owner',
  'ssh://git@example.com/-oProxyCommand=id',
  '-u@example.com:owner/name',
  'https://example.com/%00',
  `https://example.com/${'a'.repeat(3_000)}`,
])('%s is refused', (url) => {
  expect(() => parseRemoteUrl(url, [])).toThrow('Repositories are not taken from this URL')
})

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['169.254.169.254', false],
  ['192.168.1.1', false],
  ['172.20.0.1', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
])('%s is an address of the internet: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

test.each([
  'https://127.0.0.1/a/b',
  'https://[::1]/a/b',
  'https://2130706433/a/b',
  'https://localhost/a/b',
])('%s is refused unless its host is allowed', async (url) => {
  await expect(resolveRemote(parseRemoteUrl(url, []))).rejects.toThrow('private or local')
  const { host } = parseRemoteUrl(url, [])
  await expect(resolveRemote(parseRemoteUrl(url, [host]))).resolves.toMatch(/^127|::1/)
})
