/** One request of pg_net's queue over HTTP, as libcurl sends it there: redirects followed, a time limit over all of it. */
import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { rewriteLocalName } from '#base/http'
import {
  ForbiddenAddress,
  isForbiddenAddress,
  isNotPublic,
  lookupAllowed,
} from './forbidden-address.ts'
import type { IsForbidden } from './forbidden-address.ts'

export interface QueuedRequest {
  readonly id: number
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>> | null
  readonly body: Buffer | null
  readonly timeoutMs: number
}

/** A row of `net._http_response`. */
export interface RequestOutcome {
  readonly id: number
  readonly status_code: number | null
  readonly content_type: string | null
  readonly headers: Readonly<Record<string, string>> | null
  readonly content: string | null
  readonly timed_out: boolean
  readonly error_msg: string | null
}

export interface Sender {
  /** Never rejects: what goes wrong is an outcome. Null when `signal` ended it. */
  send(request: QueuedRequest, signal: AbortSignal): Promise<RequestOutcome | null>
  close(): void
}

/** libcurl's default since 8.3. */
const maxRedirects = 30
/** Postgres could take 1 GB; nobody reads that in a row. */
const maxResponseBytes = 8 * 1024 * 1024
/** Of all responses under way. */
const maxBufferedBytes = 64 * 1024 * 1024

interface SenderState {
  readonly agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent }
  readonly rewrite: (url: URL) => URL
  readonly forbiddenFor: (url: URL) => IsForbidden
  buffered: number
}

export interface SenderOptions {
  /** Of the project: names that only the containers of Supabase know lead there. */
  readonly externalUrl: string
  /** Whether this machine and private networks may be reached, besides the project's own URL. */
  readonly privateNetworks: boolean
}

export function createSender({ externalUrl, privateNetworks }: SenderOptions): Sender {
  const pooled = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8, timeout: 10_000 }
  const agents = { 'http:': new HttpAgent(pooled), 'https:': new HttpsAgent(pooled) }
  const own = new URL(externalUrl).origin
  const state: SenderState = {
    agents,
    rewrite: (url) => rewriteLocalName(url, externalUrl),
    forbiddenFor: ({ origin }) =>
      privateNetworks || origin === own ? isForbiddenAddress : isNotPublic,
    buffered: 0,
  }
  return {
    send: (request, signal) => send(state, request, signal),
    close: () => {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

async function send(
  state: SenderState,
  request: QueuedRequest,
  signal: AbortSignal,
): Promise<RequestOutcome | null> {
  const begun = performance.now()
  const timeout = AbortSignal.timeout(Math.max(1, request.timeoutMs))
  try {
    return await follow(state, request, AbortSignal.any([signal, timeout]))
  } catch (error) {
    if (signal.aborted) return null
    const outcome = { id: request.id, status_code: null, content_type: null, headers: null }
    if (timeout.aborted) {
      const total = (performance.now() - begun).toFixed(6)
      const error_msg = `Timeout of ${request.timeoutMs} ms reached. Total time: ${total} ms`
      return { ...outcome, content: null, timed_out: true, error_msg }
    }
    return { ...outcome, content: null, timed_out: false, error_msg: describe(error) }
  }
}

async function follow(
  state: SenderState,
  { id, method, url, headers, body }: QueuedRequest,
  signal: AbortSignal,
): Promise<RequestOutcome> {
  let target = parseUrl(url)
  const first = target
  const hop = { method: method.toUpperCase(), body, headers: ownHeaders(headers) }
  for (let redirects = 0; ; redirects++) {
    const response = await exchange(state, state.rewrite(target), hop, signal)
    const location = response.headers.location
    const status = response.statusCode ?? 0
    if (location === undefined || status < 300 || status >= 400) {
      return await readOutcome(state, id, response)
    }
    response.destroy()
    if (redirects === maxRedirects) throw new Error('Number of redirects hit maximum amount')
    target = parseUrl(new URL(location, target).href)
    // as libcurl: a POST becomes a GET, but by 307 and 308; credentials stay with the host they were meant for
    if (hop.method === 'POST' && status <= 303) Object.assign(hop, { method: 'GET', body: null })
    if (target.host !== first.host) {
      for (const name of Object.keys(hop.headers))
        if (/^(authorization|cookie)$/i.test(name)) delete hop.headers[name]
    }
  }
}

function parseUrl(text: string): URL {
  // curl takes a name without a scheme for http
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  let url: URL
  try {
    url = new URL(withScheme)
  } catch {
    throw new Error('URL using bad/illegal format or missing URL')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('Unsupported protocol')
  return url
}

function ownHeaders(given: QueuedRequest['headers']): Record<string, string> {
  const headers: Record<string, string> = { accept: '*/*' }
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null) continue
    if (/^accept$/i.test(name)) delete headers['accept']
    headers[name] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return { ...headers, 'User-Agent': 'pg_net/basalt' }
}

function exchange(
  { agents, forbiddenFor }: SenderState,
  url: URL,
  hop: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body: Buffer | null
  },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isForbidden = forbiddenFor(url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && isForbidden(host)) throw new ForbiddenAddress(host, isForbidden)
  return new Promise((resolve, reject) => {
    const { method, body } = hop
    const headers: Record<string, string | number> = { ...hop.headers }
    if (body !== null || method === 'POST') headers['Content-Length'] = body?.length ?? 0
    const options = { method, headers, signal, lookup: lookupAllowed(isForbidden) }
    const outgoing =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, agent: agents['https:'] }, resolve)
        : requestHttp(url, { ...options, agent: agents['http:'] }, resolve)
    outgoing.once('error', reject)
    outgoing.end(body ?? undefined)
  })
}

async function readOutcome(
  state: SenderState,
  id: number,
  response: IncomingMessage,
): Promise<RequestOutcome> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length
      state.buffered += part.length
      if (bytes > maxResponseBytes || state.buffered > maxBufferedBytes)
        throw new Error(`The response has more than ${maxResponseBytes} bytes`)
      parts.push(part)
    }
  } finally {
    state.buffered -= bytes
  }
  return {
    id,
    status_code: response.statusCode ?? null,
    content_type: response.headers['content-type'] ?? null,
    headers: headersOf(response),
    content: textOf(Buffer.concat(parts)),
    timed_out: false,
    error_msg: null,
  }
}

/** By the names as they were sent; of several with one name the last. */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers[rawHeaders[i] as string] = rawHeaders[i + 1] as string
  return headers
}

/** Text cannot hold a NUL: what is before it, as with pg_net. */
function textOf(bytes: Buffer): string | null {
  const end = bytes.indexOf(0)
  const kept = end === -1 ? bytes : bytes.subarray(0, end)
  return kept.length === 0 ? null : kept.toString('utf8')
}

const curlMessages: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Couldn't connect to server",
  EHOSTUNREACH: "Couldn't connect to server",
  ENETUNREACH: "Couldn't connect to server",
  ETIMEDOUT: "Couldn't connect to server",
  ENOTFOUND: "Couldn't resolve host name",
  EAI_AGAIN: "Couldn't resolve host name",
  ECONNRESET: 'Failure when receiving data from the peer',
  EPIPE: 'Failed sending data to the peer',
}

/** In libcurl's words where it has some. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException & { readonly errors?: unknown[] }
  const inner = (error as { readonly errors?: readonly NodeJS.ErrnoException[] }).errors?.[0]
  return curlMessages[code ?? inner?.code ?? ''] ?? message
}
