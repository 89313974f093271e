/** Browsers and OAuth clients at the gateway: they know no API key, and need none where they are expected. */
import { describe, expect, test } from 'vitest'
import { describeWire } from './wire.ts'

const external = {
  enabled: true,
  client_id: 'id',
  secret: 'shh',
  redirect_uri: null,
  url: null,
  skip_nonce_check: false,
  email_optional: false,
}

const config = {
  'auth.oauth_server.enabled': true,
  'auth.oauth_server.allow_dynamic_registration': true,
  'auth.external': { github: external },
} as const

describeWire('OAuth without an API key', { config }, ({ send, name }) => {
  const open = (method: string, path: string, options = {}) =>
    send(method, path, { key: false, ...options })

  test('a browser is sent on to a provider', async () => {
    // fetch follows redirects; what lies behind this one is not there
    const answer = await open('GET', '/auth/v1/authorize?provider=nobody')
    expect(answer).toMatchObject({ status: 400, json: { error_code: 'validation_failed' } })
  })

  test('a client registers, and is told what is missing', async () => {
    const made = await open('POST', '/auth/v1/oauth/clients/register', {
      body: { redirect_uris: ['https://client.example.com/cb'] },
    })
    expect(made.status).toBe(201)
    const { client_id, client_secret } = made.json as Record<string, string>
    const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
    const answer = await open('POST', '/auth/v1/oauth/token', {
      headers,
      body: 'grant_type=authorization_code&code=nothing',
    })
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })

  test('userinfo wants a token and nothing else', async () => {
    expect(await open('GET', '/auth/v1/oauth/userinfo')).toMatchObject({
      status: 401,
      json: { error_code: 'no_authorization' },
    })
    const email = `userinfo-${name.replaceAll(' ', '-')}@example.com`
    const body = { email, password: 'correct horse battery' }
    const signedUp = await send('POST', '/auth/v1/signup', { body })
    const { access_token, user } = signedUp.json as {
      access_token: string
      user: { id: string }
    }
    const headers = { authorization: `Bearer ${access_token}` }
    const answer = await open('GET', '/auth/v1/oauth/userinfo', { headers })
    expect(answer).toMatchObject({ status: 200, json: { sub: user.id } })
  })

  test('the user’s own decisions still want a key', async () => {
    for (const path of ['oauth/authorizations/x', 'user/oauth/grants', 'admin/oauth/clients']) {
      expect((await open('GET', `/auth/v1/${path}`)).status).toBe(401)
    }
  })

  describe('discovery', () => {
    test.each([
      '/auth/v1/.well-known/oauth-authorization-server',
      '/auth/v1/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/auth/v1',
      '/.well-known/openid-configuration/auth/v1',
    ])('%s', async (path) => {
      const answer = await open('GET', path)
      expect(answer.status).toBe(200)
      const { issuer, registration_endpoint } = answer.json as Record<string, string>
      expect(registration_endpoint).toBe(`${issuer}/oauth/clients/register`)
    })

    test('nothing else is found there', async () => {
      for (const path of [
        '/.well-known/oauth-authorization-server',
        '/.well-known/oauth-authorization-server/rest/v1',
        '/.well-known/jwks.json/auth/v1',
      ]) {
        expect((await open('GET', path)).status).toBe(404)
      }
    })
  })
})
