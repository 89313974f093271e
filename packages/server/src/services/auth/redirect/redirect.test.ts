import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { silentLog } from '#base/kernel'
import type { AuthContext } from '#services/auth/core'
import { resolveRedirect, withParameters } from './redirect.ts'

const site = 'https://app.example.com'
function target(wanted: string, allowed: readonly string[] = [], referer = ''): string {
  const config = defineConfig({
    'auth.site_url': site,
    'auth.additional_redirect_urls': allowed,
  })
  const request = { headers: { referer } }
  const query = new URLSearchParams({ redirect_to: wanted })
  const project = { log: silentLog }
  return resolveRedirect({ request, query, config, project } as unknown as AuthContext)
}

test.each([
  ['https://app.example.com/welcome?x=1', []],
  ['https://pr-7.preview.example.com/x', ['https://*.preview.example.com/x']],
  ['https://a.b.c/deep/path', ['https://a.b.c/**']],
  ['myapp://callback', ['myapp://callback']],
  ['http://127.0.0.1:5173/x', ['http://127.0.0.1:*/x']],
  ['myapp://127.0.0.1/x', ['myapp://127.0.0.1/*']],
  ['https://pr-7.app.example.com/', ['https://pr-[0-9].app.example.com/']],
  ['https://b.app.example.com/', ['https://[!a].app.example.com/']],
  ['https://two.example.com/x', ['https://{one,two}.example.com/*']],
  ['https://a.example.com/*', [String.raw`https://a.example.com/\*`]],
  ['https://a.example.com/café', ['https://a.example.com/caf?']],
  // what cannot be read allows nothing, and the others stand
  ['https://a.example.com/x', ['https://[z-a].example.com/', 'https://a.example.com/*']],
])('%s is allowed by %j', (url, allowed) => expect(target(url, allowed)).toBe(url))

test.each([
  ['https://evil.example/', []],
  ['https://app.example.com.evil.example/', []],
  ['https://app.example.com@evil.example/', ['https://app.example.com**']],
  ['https://app.example.com:8443/', []],
  ['http://app.example.com/', []],
  ['//app.example.com/', []],
  ['https://evil.example\\@app.example.com/', ['**']],
  ['https://app.example.com\t.evil.example', ['**']],
  ['https://a.b.preview.example.com/', ['https://*.preview.example.com/']],
  ['https://evil.example/#https://app.example.com/', ['https://app.example.com/**']],
  ['javascript:alert(1)', ['**']],
  ['http://2130706433/', ['http://**']],
  ['http://10.0.0.1/', ['http://**']],
  ['myapp://10.0.0.1/', ['myapp://**']],
  ['myapp://2130706433/', ['myapp://**']],
  ['myapp://[2001:db8::1]/', ['myapp://**']],
  ['https://[z-a].example.com/', ['https://[z-a].example.com/']],
  [`https://a.example.com/${'x'.repeat(5_000)}`, ['https://a.example.com/**']],
  ['nonsense', ['**']],
])('%s is not, with %j', (url, allowed) => expect(target(url, allowed)).toBe(site))

test('the referring page is the second choice', () => {
  expect(target('https://evil.example/', [], `${site}/from`)).toBe(`${site}/from`)
})

test('parameters are added in order and the fragment is replaced', () => {
  expect(withParameters('http://x/?a=1#old', { code: 'c' }, { sb: '', error: 'a b' })).toBe(
    'http://x/?a=1&code=c#error=a+b&sb=',
  )
  expect(withParameters('http://x#old', {}, {})).toBe('http://x')
})
