import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'
import { routes } from './routes.ts'

let auth: AuthFixture
let token = ''
let ownToken = ''
const redirect_uri = 'https://client.example.com/cb'
beforeAll(async () => {
  auth = await openAuth({
    'auth.oauth_server.enabled': true,
    'auth.oauth_server.allow_dynamic_registration': true,
    'auth.mfa.totp.enroll_enabled': true,
    'auth.mfa.totp.verify_enabled': true,
    'auth.mfa.phone.enroll_enabled': true,
    'auth.mfa.web_authn.enroll_enabled': true,
    'auth.passkey.enabled': true,
    'auth.enable_manual_linking': true,
    'auth.enable_anonymous_sign_ins': true,
  })
  const { body } = await auth.call('POST', '/signup', {
    body: { email: 'a@x.co', password: 'Secret-123!' },
  })
  ownToken = body.access_token
  token = await letIn(ownToken)
})
afterAll(() => auth.close())

/** The access token of an application the user let see the address, and nothing else. */
async function letIn(person: string): Promise<string> {
  const made = await auth.call('POST', '/admin/oauth/clients', {
    bearer: auth.keys.serviceRoleKey,
    body: { redirect_uris: [redirect_uri], client_name: 'App', token_endpoint_auth_method: 'none' },
  })
  const client_id = made.body.client_id
  const code_verifier = randomBytes(32).toString('base64url')
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const asked = await auth.call(
    'GET',
    `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, scope: 'email', code_challenge, code_challenge_method: 's256' }).toString()}`,
  )
  const id = new URL(String(asked.headers['location'])).searchParams.get('authorization_id')
  await auth.call('GET', `/oauth/authorizations/${id}`, { bearer: person })
  const agreed = await auth.call('POST', `/oauth/authorizations/${id}/consent`, {
    bearer: person,
    body: { action: 'approve' },
  })
  const code = new URL(agreed.body.redirect_url).searchParams.get('code')
  const { body } = await auth.call('POST', '/oauth/token', {
    headers: { 'content-type': 'application/json' },
    body: { grant_type: 'authorization_code', client_id, code, redirect_uri, code_verifier },
  })
  return body.access_token
}

/** No token is looked at: the answer is the same with and without one. */
const open = [
  'GET /health',
  'GET /settings',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /authorize',
  'GET /callback',
  'POST /callback',
  'POST /signup',
  'POST /token',
  'POST /otp',
  'POST /magiclink',
  'POST /recover',
  'POST /resend',
  'GET /verify',
  'POST /verify',
  'POST /sso',
  'GET /sso/saml/metadata',
  'POST /sso/saml/acs',
  'POST /passkeys/authentication/options',
  'POST /passkeys/authentication/verify',
  'POST /oauth/clients/register',
  'GET /oauth/authorize',
  'POST /oauth/token',
]
/** What an application needs: who let it in, and the way out. */
const admitting = ['GET /user', 'GET /oauth/userinfo', 'POST /logout']

const refusal = {
  status: 403,
  body: {
    error_code: 'no_authorization',
    msg: 'Tokens of OAuth clients are not allowed to do this',
  },
}
const nameOf = ({ method, pattern }: (typeof routes)[number]): string => `${method} ${pattern}`
const call = (route: string, bearer?: string, query = ''): Promise<Answer> => {
  const [method = '', pattern = ''] = route.split(' ')
  return auth.call(method, pattern.replaceAll(/:\w+/g, () => randomUUID()) + query, {
    ...(method === 'GET' ? {} : { body: {} }),
    ...(bearer === undefined ? {} : { bearer }),
  })
}
/** All that such a token must not change, and all it could take away. */
const state = () =>
  auth.query(`select (select json_agg(u order by id) from auth.users u where email = 'a@x.co') as users,
    (select count(*)::int from auth.sessions) as sessions, (select count(*)::int from auth.mfa_factors) as factors,
    (select count(*)::int from auth.identities) as identities, (select count(*)::int from auth.oauth_consents where revoked_at is null) as consents`)

test('every route is named here or refuses tokens of OAuth clients', () => {
  const names = routes.map(nameOf)
  expect([...open, ...admitting].filter((name) => !names.includes(name))).toEqual([])
  expect(names.length - open.length - admitting.length).toBeGreaterThan(40)
})

describe.each(routes.map(nameOf).filter((name) => ![...open, ...admitting].includes(name)))(
  '%s',
  (route) => {
    test('refuses them and changes nothing', async () => {
      const before = await state()
      expect(await call(route, token)).toMatchObject(refusal)
      expect(await state()).toEqual(before)
    })
  },
)

describe.each(open)('%s', (route) => {
  test('does not look at them', async () => {
    const [plain, withToken] = [await call(route), await call(route, token)]
    expect(withToken.status).toBe(plain.status)
    expect(withToken.status).not.toBe(500)
    expect(withToken.body?.error_code).toBe(plain.body?.error_code)
  })
})

test('no account is linked in the name of the user', async () => {
  const answer = await auth.call('POST', '/token?grant_type=id_token', {
    bearer: token,
    body: { provider: 'google', id_token: 'x.y.z', link_identity: true },
  })
  expect(answer).toMatchObject(refusal)
})

test.each(['global', 'others', ''])(
  'no other session ends: logout with the scope "%s"',
  async (scope) => {
    const before = await state()
    expect(await call('POST /logout', token, `?scope=${scope}`)).toMatchObject(refusal)
    expect(await state()).toEqual(before)
  },
)

test('a hook that takes the claim out of the token changes nothing', async () => {
  await auth.script(`create function public.hide_client(event jsonb) returns jsonb language sql
    as 'select jsonb_build_object(''claims'', (event -> ''claims'') - ''client_id'')';
    grant execute on function public.hide_client to supabase_auth_admin`)
  auth.configure({
    'auth.hook': {
      custom_access_token: {
        enabled: true,
        uri: 'pg-functions://postgres/public/hide_client',
        secrets: '',
      },
    },
  })
  const hidden = await letIn(ownToken)
  auth.configure({})
  expect(await call('PUT /user', hidden)).toMatchObject(refusal)
})

test('what an application needs is there: who let it in, and the end of its own session', async () => {
  expect((await call('GET /user', token)).body).toMatchObject({ email: 'a@x.co' })
  expect(Object.keys((await call('GET /oauth/userinfo', token)).body)).toEqual([
    'sub',
    'email',
    'email_verified',
  ])
  const [before] = await state()
  expect((await call('POST /logout', token, '?scope=local')).status).toBe(204)
  const [after] = await state()
  expect(after?.['sessions']).toBe(Number(before?.['sessions']) - 1)
  expect((await call('GET /user', token)).body.error_code).toBe('session_not_found')
  expect((await call('GET /user', ownToken)).status).toBe(200)
})
