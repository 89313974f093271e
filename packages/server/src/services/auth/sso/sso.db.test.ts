import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { certificateOf, toPem } from '#services/auth/sso/saml'
import { claimsOf, openAuth } from '#services/auth/testing'
import { TestIdentityProvider } from '#services/auth/testing/providers'
import type { Answer, AuthFixture } from '#services/auth/testing'
import type { SamlAnswer } from '#services/auth/testing/providers'

let auth: AuthFixture
/** Keys take a while to make: these serve all tests. */
const idp = new TestIdentityProvider()
const impostor = new TestIdentityProvider()
const other = new TestIdentityProvider('https://other.example')
const two = new TestIdentityProvider('https://two.example')
let providerId = ''
/** What the metadata's URL answers. */
let published: { status: number; text: string } = { status: 404, text: '' }
const fetched: string[] = []

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'der' }).toString('base64')
const ownCert = toPem(
  certificateOf(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })), '127.0.0.1'),
)
const base = 'http://127.0.0.1:54321/auth/v1'
const acsUrl = `${base}/sso/saml/acs`
const audience = `${base}/sso/saml/metadata`
const site = 'https://app.example.com'
const target = `${site}/cb`

beforeAll(async () => {
  const config = {
    'auth.saml.enabled': true,
    'auth.saml.private_key': pkcs1,
    'auth.site_url': site,
    'auth.email.enable_confirmations': true,
    'auth.rate_limit.header': 'x-client',
  }
  const outgoing = ({ url }: { url: string }) => {
    fetched.push(url)
    return Promise.resolve({ ...published, contentType: 'application/xml' })
  }
  auth = await openAuth(config, { outgoing })
})
afterAll(() => auth.close())
beforeEach(async () => {
  auth.configure({})
  fetched.length = 0
  await auth.script('truncate auth.users, auth.sso_providers, auth.flow_state cascade')
  const made = await create({ metadata_xml: idp.metadata, domains: ['corp.example'] })
  providerId = made.body.id
})

const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  auth.call(method, `/admin/sso/providers${path}`, {
    bearer: auth.keys.serviceRoleKey,
    ...(body === undefined ? {} : { body }),
  })
const create = (body: object) => admin('POST', '', { type: 'saml', ...body })
/** Each request is somebody else's: the limit is not what is tested here. */
let clients = 0
const someone = () => ({ 'x-client': `198.18.0.${clients++}` })
const sso = (body: object): Promise<Answer> =>
  auth.call('POST', '/sso', { body: { skip_http_redirect: true, ...body }, headers: someone() })
const acs = (response: string, relayState = ''): Promise<Answer> =>
  auth.call('POST', '/sso/saml/acs', {
    headers: someone(),
    rawBody: new URLSearchParams({
      SAMLResponse: Buffer.from(response).toString('base64'),
      RelayState: relayState,
    }).toString(),
  })
const respond = (answer: Partial<SamlAnswer> = {}) => idp.answerXml({ acsUrl, audience, ...answer })

/** A sign-in begun here: what the identity provider has to answer to. */
async function start(body: object = {}): Promise<{ relayState: string; inResponseTo: string }> {
  const { url } = (await sso({ provider_id: providerId, redirect_to: target, ...body })).body
  const { id } = await idp.readRequest(url, ownCert)
  return { relayState: new URL(url).searchParams.get('RelayState') ?? '', inResponseTo: id }
}

/** Where a browser is sent, taken apart. */
function readLocation({ status, headers }: Answer) {
  const url = new URL(String(headers['location']))
  const fragment = Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
  const query = Object.fromEntries(url.searchParams)
  return { status, page: url.origin + url.pathname, query, fragment }
}
const refused = async (answer: Promise<Answer> | Answer) => {
  const { status, query, fragment } = readLocation(await answer)
  expect(fragment['access_token']).toBeUndefined()
  expect(await auth.query('select from auth.sessions')).toEqual([])
  return { status, code: query['error_code'], message: query['error_description'] }
}

describe('single sign-on begun here', () => {
  test('asks the identity provider with a signed request and ends in a session', async () => {
    const asked = await auth.call('POST', '/sso', {
      body: { domain: 'CORP.example', redirect_to: target },
    })
    expect(asked.status).toBe(303)
    const url = String(asked.headers['location'])
    expect(url).toMatch(/^https:\/\/idp\.example\.com\/sso\?tenant=1&SAMLRequest=/)
    const request = await idp.readRequest(url, ownCert)
    expect(request).toMatchObject({ issuer: audience, assertionConsumerServiceURL: acsUrl })
    const relayState = new URL(url).searchParams.get('RelayState') ?? ''
    const xml = await respond({
      inResponseTo: request.id,
      attributes: { email: 'Ann@Corp.example' },
    })
    const arrived = readLocation(await acs(xml, relayState))
    expect(arrived).toMatchObject({ status: 302, page: target, fragment: { token_type: 'bearer' } })
    const claims = claimsOf(arrived.fragment['access_token'] ?? '')
    expect(claims).toMatchObject({
      email: 'ann@corp.example',
      aal: 'aal1',
      amr: [{ method: 'sso/saml', provider: providerId }],
      app_metadata: { provider: `sso:${providerId}`, providers: [`sso:${providerId}`] },
    })
    const refreshed = await auth.call('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: arrived.fragment['refresh_token'] },
    })
    expect(claimsOf(refreshed.body.access_token)['amr']).toMatchObject([{ provider: providerId }])
    const [user] = await auth.query('select is_sso_user, email_confirmed_at from auth.users')
    expect(user).toMatchObject({ is_sso_user: true, email_confirmed_at: expect.any(String) })
    expect(refreshed.body.user.identities).toMatchObject([
      {
        provider: `sso:${providerId}`,
        id: 'user-1',
        identity_data: { iss: idp.entityId, email: 'ann@corp.example', email_verified: true },
      },
    ])
    // the same person comes back
    const again = await start()
    await acs(await respond({ inResponseTo: again.inResponseTo }), again.relayState)
    expect(await auth.query('select from auth.users')).toHaveLength(1)
  })

  test('with PKCE ends in a code that its client alone can exchange', async () => {
    const verifier = 'v'.repeat(43)
    const code_challenge = createHash('sha256').update(verifier).digest('base64url')
    const begun = await start({ code_challenge, code_challenge_method: 's256' })
    const arrived = readLocation(
      await acs(await respond({ inResponseTo: begun.inResponseTo }), begun.relayState),
    )
    expect(arrived).toMatchObject({ page: target, fragment: {} })
    const exchange = (code_verifier: string) =>
      auth.call('POST', '/token?grant_type=pkce', {
        body: { auth_code: arrived.query['code'], code_verifier },
      })
    expect((await exchange('w'.repeat(43))).body.error_code).toBe('bad_code_verifier')
    const session = await exchange(verifier)
    expect(session.body.error_code ?? '').toBe('')
    expect(claimsOf(session.body.access_token)['amr']).toMatchObject([
      { method: 'sso/saml', provider: providerId },
    ])
  })

  test('an address of single sign-on may be that of an ordinary account, which stays apart', async () => {
    await auth.call('POST', '/admin/users', {
      body: { email: 'ann@corp.example', password: 'Secret-123!', email_confirm: true },
      bearer: auth.keys.serviceRoleKey,
    })
    const begun = await start()
    const arrived = readLocation(
      await acs(await respond({ inResponseTo: begun.inResponseTo }), begun.relayState),
    )
    expect(await auth.query('select from auth.users')).toHaveLength(2)
    const bearer = arrived.fragment['access_token'] ?? ''
    const change = await auth.call('PUT', '/user', { body: { email: 'b@x.co' }, bearer })
    expect(change.body.error_code).toBe('user_sso_managed')
  })

  test('what the mapping names is taken over, the rest is left', async () => {
    await admin('PUT', `/${providerId}`, {
      attribute_mapping: {
        keys: {
          name: { name: 'DisplayName' },
          groups: { names: ['none', 'memberOf'], array: true },
          plan: { name: 'none', default: 'free' },
          email: { name: 'contact' },
          sub: { name: 'DisplayName' },
        },
      },
    })
    const begun = await start()
    const attributes = {
      displayname: 'Ann',
      memberOf: ['a', 'b'],
      contact: 'ann@mapped.example',
      email: 'other@corp.example',
      secret: 'x',
    }
    await acs(await respond({ inResponseTo: begun.inResponseTo, attributes }), begun.relayState)
    const [identity] = await auth.query('select identity_data as data from auth.identities')
    expect(identity?.['data']).toEqual({
      iss: idp.entityId,
      sub: 'user-1',
      name: 'Ann',
      email: 'ann@mapped.example',
      email_verified: true,
      phone_verified: false,
      custom_claims: { groups: ['a', 'b'], plan: 'free' },
    })
  })

  test('the hooks around users and tokens see it', async () => {
    await auth.script(`
      create table if not exists public.calls (name text);
      grant all on public.calls to supabase_auth_admin;
      create or replace function public.before_hook(event jsonb) returns jsonb language plpgsql as $$ begin
        insert into public.calls values (event #>> '{user,app_metadata,provider}'); return '{}'; end $$;
      create or replace function public.token_hook(event jsonb) returns jsonb language sql as
        $$ select jsonb_set(event, '{claims,how}', event -> 'authentication_method') $$`)
    const hook = (name: string) => ({
      enabled: true,
      uri: `pg-functions://postgres/public/${name}`,
      secrets: '',
    })
    auth.configure({
      'auth.hook': {
        before_user_created: hook('before_hook'),
        custom_access_token: hook('token_hook'),
      },
    })
    const begun = await start()
    const { fragment } = readLocation(
      await acs(await respond({ inResponseTo: begun.inResponseTo }), begun.relayState),
    )
    expect(claimsOf(fragment['access_token'] ?? '')['how']).toBe('sso/saml')
    expect(await auth.query('select name from public.calls')).toEqual([
      { name: `sso:${providerId}` },
    ])
  })

  test('what cannot be begun is said', async () => {
    const cases: readonly [object, number, string, string][] = [
      [{}, 400, 'validation_failed', 'A provider_id or domain needs to be provided'],
      [
        { domain: 'a', provider_id: providerId },
        400,
        'validation_failed',
        'Only one of provider_id or domain supported',
      ],
      [
        { domain: 'other.example' },
        404,
        'sso_provider_not_found',
        'No SSO provider assigned for this domain',
      ],
      [{ provider_id: 'x' }, 400, 'bad_json', expect.any(String) as string],
      [
        { provider_id: '6c1a3b7e-0000-4000-8000-000000000000' },
        404,
        'sso_provider_not_found',
        'No such SSO provider',
      ],
      [
        { provider_id: providerId, code_challenge: 'short', code_challenge_method: 's256' },
        400,
        'validation_failed',
        expect.any(String) as string,
      ],
    ]
    for (const [body, status, error_code, msg] of cases)
      expect(await sso(body)).toMatchObject({ status, body: { error_code, msg } })
    await admin('PUT', `/${providerId}`, { disabled: true })
    expect((await sso({ domain: 'corp.example' })).body.error_code).toBe('sso_provider_disabled')
    auth.configure({ 'auth.saml.enabled': false })
    for (const answer of [
      await sso({}),
      await acs('x'),
      await auth.call('GET', '/sso/saml/metadata'),
    ])
      expect(answer.body.error_code).toBe('saml_provider_disabled')
  })

  test('a request is good for one answer, for two minutes', async () => {
    const begun = await start()
    const xml = await respond({ inResponseTo: begun.inResponseTo })
    auth.advance(121)
    const late = await refused(acs(xml, begun.relayState))
    auth.advance(-121)
    expect(late).toMatchObject({ status: 303, code: 'saml_relay_state_expired' })
    const next = await start()
    const good = await respond({ inResponseTo: next.inResponseTo })
    expect((await acs(good, next.relayState)).status).toBe(302)
    await auth.script('delete from auth.sessions')
    expect((await refused(acs(good, next.relayState))).code).toBe('saml_relay_state_not_found')
    expect((await refused(acs(good, 'nowhere'))).message).toContain('not a valid UUID or URL')
  })
})

describe('single sign-on begun at the identity provider', () => {
  test('signs in, and leads where it says when that is allowed', async () => {
    expect(readLocation(await acs(await respond(), target)).page).toBe(target)
    expect(readLocation(await acs(await respond())).page).toBe(`${site}/`)
    expect(readLocation(await acs(await respond(), 'https://evil.example')).page).toBe(`${site}/`)
  })

  test('an assertion signs in once', async () => {
    const xml = await respond()
    expect(readLocation(await acs(xml)).fragment['access_token']).toBeDefined()
    await auth.script('delete from auth.sessions')
    expect(await refused(acs(xml))).toMatchObject({
      code: 'validation_failed',
      message: 'SAML Assertion is not valid: it was used before',
    })
  })

  test('an answer to somebody’s request is not taken as none', async () => {
    const begun = await start()
    expect((await refused(acs(await respond({ inResponseTo: begun.inResponseTo })))).code).toBe(
      'validation_failed',
    )
  })

  test('strangers are refused', async () => {
    const xml = await other.answerXml({ acsUrl, audience })
    expect((await refused(acs(xml))).code).toBe('saml_idp_not_found')
    expect((await refused(acs('no xml'))).message).toBe(
      'SAMLResponse is not a valid XML SAML assertion',
    )
    await admin('PUT', `/${providerId}`, { disabled: true })
    expect((await refused(acs(await respond()))).code).toBe('sso_provider_disabled')
  })
})

describe('an assertion is refused', () => {
  const invalid = { status: 303, code: 'validation_failed', message: 'SAML Assertion is not valid' }

  test.each<[string, () => Promise<string>]>([
    ['unsigned', () => respond({ signAssertion: false })],
    ['expired', () => respond({ lifetimeInSeconds: -400 })],
    ['for another audience', () => respond({ audience: 'https://other.example' })],
    ['for another recipient', () => respond({ recipient: 'https://other.example/acs' })],
    ['for another destination', () => respond({ destination: 'https://other.example/acs' })],
    ['signed by another key', () => impostor.answerXml({ acsUrl, audience })],
    ['that was changed', async () => (await respond()).replace('ann@corp', 'eve@corp')],
    ['with a document type', async () => `<!DOCTYPE a [<!ENTITY b "c">]>${await respond()}`],
    [
      'without its signature',
      async () => (await respond()).replace(/<Signature[\s\S]*<\/Signature>/, ''),
    ],
  ])('%s', async (_, make) => {
    expect(await refused(acs(await make()))).toMatchObject(
      _ === 'with a document type' ? { code: 'validation_failed' } : invalid,
    )
    expect(await auth.query('select from auth.users')).toEqual([])
  })

  test('that answers another request', async () => {
    const one = await start()
    const two = await start()
    const xml = await respond({ inResponseTo: two.inResponseTo })
    expect(await refused(acs(xml, one.relayState))).toMatchObject(invalid)
    const unsolicited = await start()
    expect(await refused(acs(await respond(), unsolicited.relayState))).toMatchObject(invalid)
  })

  test('of one provider for another', async () => {
    const made = await create({ metadata_xml: other.metadata })
    const begun = await start({ provider_id: made.body.id })
    const xml = await respond({ inResponseTo: begun.inResponseTo })
    expect(await refused(acs(xml, begun.relayState))).toMatchObject(invalid)
    // signed by the other, in the name of this one
    const forged = await other.answerXml({ acsUrl, audience, issuer: idp.entityId })
    expect(await refused(acs(forged))).toMatchObject(invalid)
    const named = await other.answerXml({ acsUrl, audience, issuer: idp.entityId })
    const own = named.replace(idp.entityId, other.entityId)
    expect(await refused(acs(own))).toMatchObject(invalid)
  })

  /** Signature wrapping: the signed assertion stays somewhere, a forged one stands where it is looked for. */
  const parts = (xml: string) => {
    const assertion = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? ''
    const forged = assertion
      .replace(/<Signature[\s\S]*<\/Signature>/, '')
      .replace('ann@corp', 'eve@corp')
      .replace('user-1', 'user-2')
    const id = / ID="([^"]+)"/.exec(assertion)?.[1] ?? ''
    const signature = /<Signature[\s\S]*<\/Signature>/.exec(assertion)?.[0] ?? ''
    return { assertion, forged, id, signature }
  }
  const wrap = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'

  test.each<[string, (xml: string) => string]>([
    [
      'a forged one before it',
      (xml) => {
        const { assertion, forged, id } = parts(xml)
        return xml.replace(assertion, forged.replace(id, '_forged') + assertion)
      },
    ],
    [
      'a forged one behind it',
      (xml) => {
        const { assertion, forged, id } = parts(xml)
        return xml.replace(assertion, assertion + forged.replace(id, '_forged'))
      },
    ],
    [
      'a forged one with the same ID',
      (xml) => {
        const { assertion, forged } = parts(xml)
        return xml.replace(assertion, forged + assertion)
      },
    ],
    [
      'it inside a forged one',
      (xml) => {
        const { assertion, forged, id } = parts(xml)
        const outer = forged
          .replace(id, '_forged')
          .replace('</saml:Assertion>', `${assertion}</saml:Assertion>`)
        return xml.replace(assertion, outer)
      },
    ],
    [
      'it inside the signature of a forged one',
      (xml) => {
        const { assertion, forged, id, signature } = parts(xml)
        const object = signature.replace(
          '</Signature>',
          `<Object>${assertion}</Object></Signature>`,
        )
        const outer = forged
          .replace(id, '_forged')
          .replace('</saml:Issuer>', `</saml:Issuer>${object}`)
        return xml.replace(assertion, outer)
      },
    ],
    [
      'it in the extensions of a forged response',
      (xml) => {
        const { assertion, forged, id } = parts(xml)
        const hidden = `<samlp:Extensions ${wrap}>${assertion}</samlp:Extensions>`
        return xml.replace(assertion, hidden + forged.replace(id, '_forged'))
      },
    ],
    [
      'its signature on a forged one',
      (xml) => {
        const { assertion, forged, signature } = parts(xml)
        return xml.replace(
          assertion,
          forged.replace('</saml:Issuer>', `</saml:Issuer>${signature}`),
        )
      },
    ],
  ])('wrapped: %s', async (_, attack) => {
    const forged = attack(await respond())
    expect(forged).toContain('eve@corp')
    await refused(acs(forged))
    expect(await auth.query(`select from auth.users where email like 'eve%'`)).toEqual([])
  })

  test('a comment cannot shorten a name', async () => {
    const nameId = 'admin@corp.example.evil.example'
    const format = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
    const xml = await respond({ nameId, nameIdFormat: format, attributes: {} })
    const cut = xml.replace(nameId, 'admin@corp.example<!-- -->.evil.example')
    await acs(cut)
    expect(await auth.query(`select from auth.users where email = 'admin@corp.example'`)).toEqual(
      [],
    )
  })

  test('without an id that stays, or without an address', async () => {
    const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
    expect((await refused(acs(await respond({ nameIdFormat })))).code).toBe(
      'saml_assertion_no_user_id',
    )
    const attributes = { department: 'x' }
    expect((await refused(acs(await respond({ attributes })))).code).toBe('saml_assertion_no_email')
    const byAttribute = {
      ...attributes,
      mail: 'a@x.co',
      'urn:oasis:names:tc:SAML:attribute:subject-id': 'subject-7',
    }
    await acs(await respond({ nameIdFormat, attributes: byAttribute }))
    const [identity] = await auth.query('select provider_id as id from auth.identities')
    expect(identity?.['id']).toBe('subject-7')
  })
})

test('a signature around the whole response is as good', async () => {
  const xml = await respond({ signAssertion: false, signResponse: true })
  expect(readLocation(await acs(xml)).fragment['access_token']).toBeDefined()
})

test('encrypted assertions are read where that is on', async () => {
  const encrypted = () => respond({ encryptFor: ownCert })
  await refused(acs(await encrypted()))
  auth.configure({ 'auth.saml.allow_encrypted_assertions': true })
  expect(readLocation(await acs(await encrypted())).fragment['access_token']).toBeDefined()
})

test('metadata of ours tells who we are, the same each time', async () => {
  const { headers, body } = await auth.call('GET', '/sso/saml/metadata?download=true')
  expect(headers).toMatchObject({
    'content-type': 'application/xml',
    'content-disposition': 'attachment; filename="metadata.xml"',
  })
  expect(body).toContain(`entityID="${audience}"`)
  expect(body).toContain(`Location="${acsUrl}"`)
  expect(body).toContain(ownCert.replace(/-----.*-----|\n/g, ''))
  expect(body).not.toContain('use="encryption"')
  auth.configure({
    'auth.saml.private_key': null,
    'auth.saml.external_url': 'https://id.example.com/',
  })
  const plain = (await auth.call('GET', '/sso/saml/metadata')).body
  expect(plain).toContain('entityID="https://id.example.com/sso/saml/metadata"')
  expect(plain).not.toContain('KeyDescriptor')
})

describe('administrators', () => {
  test('list, read, change and delete providers', async () => {
    const made = await create({
      metadata_xml: two.metadata,
      resource_id: 'acme-1',
      domains: ['a.example', 'b.example', 'a.example'],
      attribute_mapping: { keys: { name: { name: 'n' } } },
      name_id_format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        resource_id: 'acme-1',
        disabled: null,
        saml: {
          entity_id: 'https://two.example',
          attribute_mapping: { keys: { name: { name: 'n' } } },
        },
        domains: [{ domain: 'a.example' }, { domain: 'b.example' }],
        created_at: expect.stringMatching(/Z$/),
      },
    })
    const list = (query = '') => admin('GET', query)
    expect((await list()).body.items).toHaveLength(2)
    expect((await list()).body.items[0].saml.metadata_xml).toBeUndefined()
    expect((await list('?resource_id_prefix=acme')).body.items).toHaveLength(1)
    expect((await list('?resource_id=nobody')).body.items).toEqual([])
    expect((await admin('GET', '/resource_acme-1')).body.id).toBe(made.body.id)
    expect((await admin('GET', `/${made.body.id}`)).body.saml.metadata_xml).toContain('two.example')
    const changed = await admin('PUT', '/resource_acme-1', {
      domains: ['b.example', 'c.example'],
      disabled: true,
    })
    expect(changed.body).toMatchObject({
      disabled: true,
      resource_id: 'acme-1',
      domains: [{ domain: 'b.example' }, { domain: 'c.example' }],
      saml: { attribute_mapping: { keys: { name: { name: 'n' } } } },
    })
    expect(changed.body.saml.name_id_format).toBeUndefined()
    expect((await admin('DELETE', `/${made.body.id}`)).body.id).toBe(made.body.id)
    for (const gone of [made.body.id, 'resource_acme-1', 'x'])
      expect(await admin('GET', `/${gone}`)).toMatchObject({
        status: 404,
        body: { error_code: 'sso_provider_not_found' },
      })
  })

  test('are told what is wrong', async () => {
    const xml = two.metadata
    const cases: readonly [object, string, string][] = [
      [{ type: 'oidc' }, 'validation_failed', "Only 'saml' supported for SSO provider type"],
      [{}, 'validation_failed', 'Either metadata_xml or metadata_url must be set'],
      [{ metadata_xml: 'x', metadata_url: 'https://x' }, 'validation_failed', 'Only one of'],
      [
        { metadata_url: 'http://x.example' },
        'validation_failed',
        'metadata_url is not a HTTPS URL',
      ],
      [{ metadata_url: 'x' }, 'validation_failed', 'metadata_url is not a valid URL'],
      [{ metadata_xml: '<a/>' }, 'validation_failed', 'does not contain an EntityID'],
      [{ metadata_xml: 'x' }, 'validation_failed', 'SAML Metadata: '],
      [
        { metadata_xml: xml.replaceAll('IDPSSODescriptor', 'Other') },
        'validation_failed',
        'any IDPSSODescriptor',
      ],
      [
        { metadata_xml: xml.replace(/<md:KeyDescriptor[\s\S]*<\/md:KeyDescriptor>/, '') },
        'validation_failed',
        'certificate',
      ],
      [{ metadata_xml: xml, name_id_format: 'x' }, 'validation_failed', 'name_id_format must be'],
      [{ metadata_xml: xml, domains: 'x' }, 'bad_json', 'domains'],
      [
        { metadata_xml: xml, attribute_mapping: { keys: { a: 1 } } },
        'bad_json',
        'attribute_mapping',
      ],
      [{ metadata_xml: xml, domains: ['CORP.example'] }, 'sso_domain_already_exists', providerId],
      [{ metadata_xml: idp.metadata }, 'saml_idp_already_exists', idp.entityId],
      [
        { metadata_url: 'https://idp.example.com/m' },
        'saml_metadata_fetch_failed',
        'HTTP 404 error',
      ],
    ]
    for (const [body, error_code, msg] of cases)
      expect((await create(body)).body).toMatchObject({
        error_code,
        msg: expect.stringContaining(msg),
      })
    expect((await admin('PUT', `/${providerId}`, { metadata_xml: xml })).body.error_code).toBe(
      'saml_entity_id_mismatch',
    )
    const bearer = auth.keys.anonKey
    expect((await auth.call('GET', '/admin/sso/providers', { bearer })).status).toBe(403)
  })

  test('may name a URL, which is looked at once a day', async () => {
    const first = new TestIdentityProvider('https://url.example')
    published = { status: 200, text: first.metadata }
    const made = await create({ metadata_url: 'https://url.example/metadata' })
    expect(made.body.saml).toMatchObject({
      entity_id: 'https://url.example',
      metadata_url: 'https://url.example/metadata',
    })
    const next = new TestIdentityProvider('https://url.example')
    published = { status: 200, text: next.metadata }
    const come = async () => acs(await next.answerXml({ acsUrl, audience }))
    await refused(come())
    await auth.script(`update auth.saml_providers set updated_at = now() - interval '25 hours'`)
    expect(readLocation(await come()).fragment['access_token']).toBeDefined()
    expect(fetched).toHaveLength(2)
    // another entity's metadata is not taken
    published = { status: 200, text: idp.metadata }
    await auth.script(`update auth.saml_providers set updated_at = now() - interval '25 hours'`)
    expect(readLocation(await come()).fragment['access_token']).toBeDefined()
  })
})
