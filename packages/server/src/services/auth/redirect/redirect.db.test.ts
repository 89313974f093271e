import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth({ 'auth.email.enable_confirmations': true, 'auth.email.max_frequency': 0 })
})
afterAll(() => auth.close())
beforeEach(() => auth.script('truncate auth.users cascade; truncate auth.flow_state cascade'))

/** What a header can hold and every client reads alike. */
function locationOf({ headers }: Answer): string {
  const location = String(headers['location'])
  expect(location).toMatch(/^[\x21-\x7e]+$/)
  return location
}

const pages = [
  ['https://app.example.com/café', 'https://app.example.com/caf%c3%a9'],
  ['https://app.example.com/日本/?q=ü', 'https://app.example.com/%e6%97%a5%e6%9c%ac/?q=%c3%bc'],
  ['https://app.example.com/😀', 'https://app.example.com/%f0%9f%98%80'],
  ['https://app.example.com/caf%C3%A9', 'https://app.example.com/caf%C3%A9'],
] as const

describe.each([
  ['site_url', (page: string) => ({ 'auth.site_url': page })],
  [
    'redirect_to',
    (page: string) => ({
      'auth.site_url': 'https://other.example.com',
      'auth.additional_redirect_urls': [`${page}**`],
    }),
  ],
])('pages beyond ASCII, by %s', (_, configuration) => {
  test.each(pages)('%s', async (page, encoded) => {
    auth.configure(configuration(page))
    const query = `redirect_to=${encodeURIComponent(page)}`
    const recover = async (body: object = {}) => {
      await auth.call('POST', `/otp?${query}`, { body: { email: 'a@x.co', ...body } })
      return auth.mails.at(-1) ?? expect.fail('no mail')
    }
    const follow = async (token: string, type = 'signup') =>
      locationOf(await auth.call('GET', `/verify?token=${token}&type=${type}&${query}`))

    const mail = await recover()
    expect(mail.redirectTo).toBe(page)
    expect(await follow('nothing')).toContain(`${encoded}#error=access_denied&`)
    expect(await follow(mail.tokenHash)).toContain(`${encoded}#access_token=`)
    const code_challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url')
    const flow = await recover({ code_challenge, code_challenge_method: 's256' })
    expect(await follow(flow.tokenHash, 'magiclink')).toContain(
      `${encoded}${page.includes('?') ? '&' : '?'}code=`,
    )
    const link = await auth.call('POST', '/admin/generate_link', {
      bearer: auth.keys.serviceRoleKey,
      body: { type: 'magiclink', email: 'a@x.co', redirect_to: page },
    })
    expect(link.body.redirect_to).toBe(page)
    expect(link.body.action_link).toMatch(/^[\x21-\x7e]+$/)
    expect(new URL(link.body.action_link).searchParams.get('redirect_to')).toBe(
      decodeURIComponent(page),
    )
  })
})

test('without a way back, browsers land on the site, whatever its address', async () => {
  auth.configure({ 'auth.site_url': 'https://app.example.com/日本' })
  expect(locationOf(await auth.call('GET', '/callback?state='))).toContain(
    'https://app.example.com/%e6%97%a5%e6%9c%ac?error=',
  )
})
