/** Journeys by the address of a project, `<ref>.<base-domain>`: each ends at its own project, and is refused at the other. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestFleet, testActor } from '@basalt/server/testing'
import type { ProjectRecord, TestFleet } from '@basalt/server/testing'
import { send } from './fleet.ts'
import type { Reply } from './fleet.ts'

let provider: Server
let fleet: TestFleet
let alpha: ProjectRecord
let beta: ProjectRecord
let token = ''

beforeAll(async () => {
  provider = await startProvider()
  fleet = await startTestFleet({ config: { 'edge_runtime.enabled': true } })
  ;[alpha, beta] = await Promise.all([
    fleet.create('alpha', { config: configOf('alpha') }),
    fleet.create('beta', { config: configOf('beta') }),
  ])
  const email = 'own@fleet.example'
  const role = 'owner'
  await fleet.control.operators.create({ email, password: 'a long enough one', role }, testActor)
  const options = { name: 'test', expiresMs: null }
  token = (await fleet.control.sessions.createToken(email, options, testActor)).token
})
afterAll(async () => {
  await fleet.close()
  provider.close()
})

/** Whoever signs in there is called as the client that asks. */
async function startProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const who = form.get('client_id') ?? request.headers.authorization?.split(' ')[1]
      const answers = {
        '/protocol/openid-connect/token': { access_token: who, token_type: 'bearer' },
        '/protocol/openid-connect/userinfo': {
          sub: who,
          email: `${who}@idp.example`,
          email_verified: true,
        },
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answers[request.url as keyof typeof answers]))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

function configOf(ref: string) {
  const { port } = provider.address() as AddressInfo
  return {
    auth: {
      site_url: `https://${ref}.app.example`,
      external: {
        keycloak: {
          enabled: true,
          client_id: `client-${ref}`,
          secret: 'shh',
          url: `http://127.0.0.1:${port}`,
        },
      },
    },
    basalt: { cors: { allowed_origins: [`https://${ref}.app.example`] } },
  }
}

const hostOf = (ref: string): string => `${ref}.test.example`
const at = (
  ref: string,
  path: string,
  headers: Record<string, string> = {},
  options: { method?: string; body?: string } = {},
): Promise<Reply> => send(`${fleet.url}${path}`, { host: hostOf(ref), ...headers }, options)

describe('a sign-in at a provider', () => {
  const begin = async (ref: string, to = ''): Promise<{ url: URL; state: string }> => {
    const { headers } = await at(ref, `/auth/v1/authorize?provider=keycloak${to}`)
    const url = new URL(String(headers['location']))
    return { url, state: url.searchParams.get('state') ?? '' }
  }
  const comeBack = async (ref: string, state: string): Promise<URL> => {
    const path = `/auth/v1/callback?code=c&state=${encodeURIComponent(state)}`
    return new URL(String((await at(ref, path)).headers['location']))
  }

  test.each(['alpha', 'beta'])('comes back to %s, and to its site', async (ref) => {
    const { url, state } = await begin(ref)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: `client-${ref}`,
      redirect_uri: `https://${hostOf(ref)}/auth/v1/callback`,
    })
    const back = await comeBack(ref, state)
    expect(back.origin).toBe(`https://${ref}.app.example`)
    const accessToken = new URLSearchParams(back.hash.slice(1)).get('access_token') ?? ''
    const keys = { alpha, beta }[ref]?.keys.publishableKey ?? ''
    const user = await at(ref, '/auth/v1/user', {
      apikey: keys,
      authorization: `Bearer ${accessToken}`,
    })
    expect(JSON.parse(user.body)).toMatchObject({ email: `client-${ref}@idp.example` })
  })

  test('goes to no site of another project', async () => {
    const { state } = await begin('alpha', '&redirect_to=https://beta.app.example/x')
    expect((await comeBack('alpha', state)).origin).toBe('https://alpha.app.example')
  })

  test('begun at one does not end at another', async () => {
    const { state } = await begin('alpha')
    const back = await comeBack('beta', state)
    expect([back.origin, back.href.includes('access_token')]).toEqual([
      'https://beta.app.example',
      false,
    ])
    expect(back.href).toContain('error_code=bad_oauth_state')
  })
})

test("a browser's preflight is answered by the project's own origins", async () => {
  const ask = (ref: string, origin: string): Promise<Reply> =>
    at(
      ref,
      '/rest/v1/notes',
      {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'apikey,content-type',
      },
      { method: 'OPTIONS' },
    )
  const allowed = async (ref: string, origin: string): Promise<unknown> =>
    (await ask(ref, origin)).headers['access-control-allow-origin']
  expect(await allowed('alpha', 'https://alpha.app.example')).toBe('https://alpha.app.example')
  expect(await allowed('alpha', 'https://beta.app.example')).toBeUndefined()
  expect(await allowed('beta', 'https://beta.app.example')).toBe('https://beta.app.example')
  // no page learns which projects there are
  expect((await ask('nobody', 'https://alpha.app.example')).body).not.toContain('alpha')
})

test('a function that an operator deploys answers at the address of its project alone', async () => {
  const form = new FormData()
  const path = 'supabase/functions/hello/index.ts'
  form.append('metadata', JSON.stringify({ name: 'hello', entrypoint_path: path }))
  const code = `Deno.serve((request) => new Response([new URL(request.url).pathname, Deno.env.get('SUPABASE_URL')].join(' ')))`
  form.append('file', new Blob([code]), path)
  const deployed = await fetch(`${fleet.url}/admin/v1/projects/alpha/functions/deploy?slug=hello`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  })
  expect(deployed.status).toBe(201)
  const call = ({ ref, keys }: ProjectRecord): Promise<Reply> =>
    at(ref, '/functions/v1/hello', { authorization: `Bearer ${keys.anonKey}` })
  expect(await call(alpha)).toMatchObject({
    status: 200,
    body: `/hello https://${hostOf('alpha')}`,
  })
  expect((await call(beta)).status).toBe(404)
  const stolen = await at('alpha', '/functions/v1/hello', {
    authorization: `Bearer ${beta.keys.anonKey}`,
  })
  expect(stolen.status).toBe(401)
})
