/** SAML at the addresses of a fleet's projects: each has its own identity, and takes no assertion that is meant for another. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimsOf } from '#services/auth/testing'
import { TestIdentityProvider } from '#services/auth/testing/providers'
import { startTestFleet } from '#testing'
import type { ProjectRecord, TestFleet } from '#testing'

const idp = new TestIdentityProvider()
let fleet: TestFleet
const projects = new Map<string, ProjectRecord>()
const providers: number[] = []
beforeAll(async () => {
  fleet = await startTestFleet()
  for (const ref of ['alpha', 'beta']) {
    const auth = { saml: { enabled: true }, site_url: `https://${ref}.app.example` }
    projects.set(ref, await fleet.create(ref, { config: { auth } }))
    const key = projects.get(ref)?.keys.serviceRoleKey ?? ''
    const made = await ask(ref, '/admin/sso/providers', {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'saml',
        metadata_xml: idp.metadata,
        domains: ['corp.example'],
      }),
    })
    providers.push(made.status)
  }
})
afterAll(() => fleet.close())

function ask(
  ref: string,
  path: string,
  init: { readonly headers?: Record<string, string>; readonly body?: string | URLSearchParams },
): Promise<Response> {
  const apikey = projects.get(ref)?.keys.anonKey ?? ''
  return fetch(`${fleet.url}/auth/v1${path}`, {
    method: 'POST',
    redirect: 'manual',
    ...init,
    headers: { 'x-project-ref': ref, apikey, ...init.headers },
  })
}

interface Started {
  readonly relayState: string
  readonly issuer: string
  readonly acsUrl: string
  readonly inResponseTo: string
}

async function start(ref: string): Promise<Started> {
  const asked = await ask(ref, '/sso', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ domain: 'corp.example', skip_http_redirect: true }),
  })
  const { url } = (await asked.json()) as { url: string }
  const request = await idp.readRequest(url, '')
  return {
    relayState: new URL(url).searchParams.get('RelayState') ?? '',
    issuer: request.issuer,
    acsUrl: request.assertionConsumerServiceURL,
    inResponseTo: request.id,
  }
}

async function finish(ref: string, at: Started, relayState = at.relayState): Promise<URL> {
  const { acsUrl, inResponseTo, issuer: audience } = at
  const attributes = { email: 'ann@corp.example' }
  const xml = await idp.answerXml({ acsUrl, audience, inResponseTo, attributes })
  const SAMLResponse = Buffer.from(xml).toString('base64')
  const body = new URLSearchParams({ SAMLResponse, RelayState: relayState })
  const arrived = await ask(ref, '/sso/saml/acs', { body })
  return new URL(arrived.headers.get('location') ?? '')
}

test.each(['alpha', 'beta'])('begun at %s it comes back there, and to its site', async (ref) => {
  expect(providers).toEqual([201, 201])
  const started = await start(ref)
  const base = `https://${ref}.test.example/auth/v1/sso/saml`
  expect(started).toMatchObject({ issuer: `${base}/metadata`, acsUrl: `${base}/acs` })
  const back = await finish(ref, started)
  expect(back.origin).toBe(`https://${ref}.app.example`)
  const token = new URLSearchParams(back.hash.slice(1)).get('access_token') ?? ''
  expect(claimsOf(token)).toMatchObject({
    email: 'ann@corp.example',
    iss: `https://${ref}.test.example/auth/v1`,
  })
})

test('an assertion for one project is none at another, with the same identity provider', async () => {
  const [ofAlpha, ofBeta] = [await start('alpha'), await start('beta')]
  for (const relayState of [ofAlpha.relayState, ofBeta.relayState, '']) {
    const back = await finish('beta', ofAlpha, relayState)
    expect([back.origin, back.href.includes('access_token')]).toEqual([
      'https://beta.app.example',
      false,
    ])
    expect(back.href).toContain('error_code=')
  }
})
