/** What lies on this machine and may be reached, the project itself above all, is reached through Unix sockets. */
import net from 'node:net'
import { setup } from './setup.ts'

const paths = new Map(setup.bridges.map(({ host, port, path }) => [`${host}:${port}`, path]))
const { createHttpClient } = Deno
const defaultPorts: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
}

function pathFor(host: unknown, port: unknown): string | undefined {
  const name = (typeof host === 'string' ? host : 'localhost').toLowerCase().replace(/^\[|\]$/g, '')
  return paths.get(`${name}:${typeof port === 'number' ? port : String(port as string)}`)
}

interface Bridged {
  /** Of a name that Deno does not refuse; what it stands for is behind the socket. */
  readonly url: URL
  readonly client: Deno.HttpClient
}

const clients = new Map<string, Deno.HttpClient>()

/** Null for what is reached by the network. */
function bridged(input: unknown): Bridged | null {
  const text = input instanceof Request ? input.url : String(input)
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const path = pathFor(url.hostname, url.port === '' ? defaultPorts[url.protocol] : url.port)
  if (path === undefined) return null
  let client = clients.get(path)
  if (client === undefined) {
    client = createHttpClient({ proxy: { transport: 'unix', path } })
    clients.set(path, client)
  }
  // what is spoken over the socket is plain: the other side is on this machine
  url.protocol = /^wss?:$/.test(url.protocol) ? 'ws:' : 'http:'
  url.hostname = setup.bridgeName
  url.port = ''
  return { url, client }
}

export function bridgeFetch(): void {
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    const found = init !== undefined && 'client' in init ? null : bridged(input)
    if (found === null) return fetch(input, init)
    const { url, client } = found
    const asked = input instanceof Request ? new Request(url, input) : url
    return fetch(asked, { ...init, client } as RequestInit)
  }
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
    const path = options.path === undefined ? pathFor(options.hostname, options.port) : undefined
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
    const path = isSet(options.port) ? pathFor(options.host, options.port) : undefined
    if (path === undefined) return connect.apply(this, given)
    const listener = list.find((one) => typeof one === 'function')
    return connect.call(this, { path }, ...(listener === undefined ? [] : [listener]))
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}
