/** Providers on this machine: hosts of the internet answered by local servers, and a browser that signs in at them. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import type { Configuration } from 'oidc-provider'

/** `accounts.google.com` → `http://127.0.0.1:4711` */
export interface LocalHosts {
  readonly fetch: typeof fetch
  readonly requests: { readonly method: string; readonly url: string; readonly body: string }[]
  add(host: string, base: string): void
}

export function createLocalHosts(): LocalHosts {
  const bases = new Map<string, string>()
  const requests: LocalHosts['requests'] = []
  const local: typeof fetch = async (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input))
    const base = bases.get(url.host)
    if (base === undefined && !url.hostname.startsWith('127.')) throw new TypeError('fetch failed')
    requests.push({
      method: init?.method ?? 'GET',
      url: url.href,
      body: typeof init?.body === 'string' ? init.body : '',
    })
    if (base === undefined) return fetch(url, init)
    const headers = new Headers(init?.headers)
    headers.set('x-forwarded-proto', 'https')
    headers.set('x-forwarded-host', url.host)
    return fetch(`${base}${url.pathname}${url.search}`, { ...init, headers })
  }
  return { fetch: local, requests, add: (host, base) => void bases.set(host, base) }
}

export interface LocalServer {
  readonly url: string
  close(): Promise<void>
}

export interface LocalRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Answers with the text; 404 where there is none. */
export async function serveText(
  answer: (request: LocalRequest) => string | undefined,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      const { method = '', url: path = '', headers } = request
      const text = answer({ method, path, headers, body })
      const type = text === undefined || /^[[{]/.test(text) ? 'application/json' : 'text/plain'
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': type })
      response.end(text ?? '{"error":"not found"}')
    })
  })
  return listen(server)
}

/** The same with a value for JSON. */
export function serveJson(answer: (request: LocalRequest) => unknown): Promise<LocalServer> {
  return serveText((request) => {
    const value = answer(request)
    return value === undefined ? undefined : JSON.stringify(value)
  })
}

async function listen(server: Server): Promise<LocalServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface LocalAccount {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
  readonly picture?: string
  readonly [claim: string]: unknown
}

export interface LocalIssuer extends LocalServer {
  readonly accounts: Map<string, LocalAccount>
}

/** A real OpenID provider; whoever types an account's `sub` is signed in as it. */
export async function startIssuer(
  issuer: string,
  clients: Configuration['clients'],
  options: Partial<Configuration> = {},
): Promise<LocalIssuer> {
  const accounts = new Map<string, LocalAccount>()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'local', use: 'sig', alg: 'RS256' }
  const provider = new Provider(issuer, {
    clients: clients ?? [],
    jwks: { keys: [jwk as never] },
    cookies: { keys: ['local'] },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'picture', 'preferred_username'],
    },
    // the ID token carries the claims, as Google's does
    conformIdTokenClaims: false,
    pkce: { required: () => false },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ ...accounts.get(id), sub: id }),
    }),
    ...options,
  })
  provider.proxy = true
  const handle = provider.callback()
  return {
    ...(await listen(createServer((request, response) => void handle(request, response)))),
    accounts,
  }
}

/** A browser with cookies: signs in as `login`, agrees, and stops where it is sent to `until`. */
export async function signInAt(
  hosts: LocalHosts,
  start: string,
  login: string,
  until: string,
): Promise<string> {
  const cookies = new Map<string, string>()
  let url = start
  let init: RequestInit = {}
  for (let step = 0; step < 20; step++) {
    const response = await hosts.fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        ...(init.headers as Record<string, string>),
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const text = await response.text()
    const location = response.headers.get('location')
    init = {}
    if (location !== null) {
      url = new URL(location, url).href
      if (url.startsWith(until)) return url
      continue
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1]
    if (action === undefined)
      throw new Error(`stuck at ${url}: ${response.status} ${text.slice(0, 400)}`)
    url = new URL(action, url).href
    const prompt = text.includes('name="login"') ? 'login' : 'consent'
    init = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ prompt, login, password: 'x' }).toString(),
    }
  }
  throw new Error(`no end at ${url}`)
}
