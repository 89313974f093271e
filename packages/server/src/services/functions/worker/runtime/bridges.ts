/** What lies on this machine and may be reached, the project itself above all, is reached through Unix sockets. */
import net from 'node:net'
import { setup } from './setup.ts'
import type { Bridge } from './setup.ts'

const bridges = new Map(setup.bridges.map((bridge) => [`${bridge.host}:${bridge.port}`, bridge]))
const { createHttpClient } = Deno
const defaultPorts: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
}

function bridgeTo(host: unknown, port: unknown): Bridge | undefined {
  const name = (typeof host === 'string' ? host : 'localhost').toLowerCase().replace(/^\[|\]$/g, '')
  return bridges.get(`${name}:${typeof port === 'number' ? port : String(port as string)}`)
}

interface Bridged {
  /** Of a name that Deno does not refuse; what it stands for is behind the socket. */
  readonly url: URL
  /** As it was named. */
  readonly from: URL
  readonly client: Deno.HttpClient
}

const clients = new Map<string, Deno.HttpClient>()

/** Null for what is reached by the network. */
function bridged(input: unknown): Bridged | null {
  const text = input instanceof Request ? input.url : String(input)
  if (!URL.canParse(text)) return null
  const from = new URL(text)
  const url = new URL(text)
  const path = bridgeTo(
    url.hostname,
    url.port === '' ? defaultPorts[url.protocol] : url.port,
  )?.httpPath
  if (path === undefined || path === null) return null
  let client = clients.get(path)
  if (client === undefined) {
    client = createHttpClient({ proxy: { transport: 'unix', path } })
    clients.set(path, client)
  }
  // what is spoken over the socket is plain: the other side is on this machine
  url.protocol = /^wss?:$/.test(url.protocol) ? 'ws:' : 'http:'
  url.hostname = setup.bridgeName
  url.port = ''
  return { url, from, client }
}

const mostRedirects = 20
const redirects: readonly number[] = [301, 302, 303, 307, 308]

export function bridgeFetch(): void {
  const { fetch } = globalThis
  const ask = async (
    input: RequestInfo | URL,
    init: RequestInit | undefined,
    left: number,
  ): Promise<Response> => {
    const found = init !== undefined && 'client' in init ? null : bridged(input)
    if (found === null) return fetch(input, init)
    const { url, client } = found
    const request = new Request(input instanceof Request ? new Request(url, input) : url, init)
    const { redirect: mode, method } = request
    const { body } = request
    const redirect = mode === 'follow' ? 'manual' : mode
    const response = await fetch(request, { client, redirect } as RequestInit)
    const location = response.headers.get('location')
    if (mode !== 'follow' || location === null || !redirects.includes(response.status))
      return response
    // where it leads may be elsewhere: the socket leads to one place only
    if (left === 0) throw new TypeError('Too many redirects')
    const isAgain = response.status >= 307
    // a body has been read by now
    if (isAgain && body !== null) return response
    await response.body?.cancel()
    const target = new URL(location, input instanceof Request ? input.url : String(input))
    const next = isAgain || method === 'HEAD' ? method : 'GET'
    return ask(
      target,
      { method: next, headers: headersFor(request, found.from, target), signal: request.signal },
      left - 1,
    )
  }
  globalThis.fetch = (input, init) => ask(input, init, mostRedirects)
}

/** Keys are not carried to another host. */
function headersFor({ headers }: Request, from: URL, to: URL): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-length', 'content-type', 'host']) kept.delete(name)
  if (from.host !== to.host)
    for (const name of ['authorization', 'apikey', 'cookie']) kept.delete(name)
  return kept
}

export function bridgeSockets(): void {
  const { WebSocket } = globalThis
  globalThis.WebSocket = class extends WebSocket {
    constructor(address: string | URL, options?: string | string[]) {
      const found = bridged(address)
      if (found === null) super(address, options)
      else super(found.url, { protocols: options ?? [], client: found.client } as never)
    }
  }
  bridgeDeno()
  bridgeNode()
}

function bridgeDeno(): void {
  const { connect } = Deno
  Deno.connect = (options) => {
    const path =
      options.path === undefined ? bridgeTo(options.hostname, options.port)?.path : undefined
    return connect(path === undefined ? options : { transport: 'unix', path })
  }
}

type Connect = (this: net.Socket, ...given: unknown[]) => net.Socket

/** All of `node:net`, `node:http` and `node:tls` go through here. */
function bridgeNode(): void {
  const prototype = net.Socket.prototype as unknown as { connect: Connect }
  const { connect } = prototype
  prototype.connect = function (...given) {
    const [first] = given
    // as `net.connect` hands them on: [options, listener]
    const list = Array.isArray(first) ? first : given
    const [target, second] = list as [unknown, unknown]
    const options = (
      typeof target === 'object' && target !== null
        ? target
        : { port: target, host: typeof second === 'string' ? second : undefined }
    ) as { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown }
    const path = isSet(options.port) ? bridgeTo(options.host, options.port)?.path : undefined
    if (path === undefined) return connect.apply(this, given)
    const listener = list.find((one) => typeof one === 'function')
    return connect.call(this, { path }, ...(listener === undefined ? [] : [listener]))
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}
