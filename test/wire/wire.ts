/** Runs a table of requests twice: in process through `platform.fetch`, and over a socket. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform, TestPlatformOptions } from '@basalt/server/testing'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text parsed; undefined when it is not JSON. */
  readonly json: unknown
}

export interface Wire {
  readonly name: 'in process' | 'over a socket'
  /** The platform under it; there once the tests run. */
  readonly server: () => TestPlatform
  /** `await wire.send('GET', '/rest/v1/todos?select=id', { headers, body })`; a body that is no string or bytes is sent as JSON. */
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<Answer>
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Sends the publishable key unless false. */
  readonly key?: string | false
}

/** One platform for the block, the tests twice. */
export function describeWire(
  name: string,
  options: TestPlatformOptions,
  tests: (wire: Wire) => void,
): void {
  describe(name, () => {
    let server: TestPlatform
    beforeAll(async () => {
      server = await startTestPlatform(options)
    })
    afterAll(() => server.close())
    for (const way of ['in process', 'over a socket'] as const)
      describe(way, () => {
        tests({
          name: way,
          server: () => server,
          send: (method, path, sent = {}) => send(server, way, method, path, sent),
        })
      })
  })
}

async function send(
  server: TestPlatform,
  way: Wire['name'],
  method: string,
  path: string,
  options: SendOptions,
): Promise<Answer> {
  const { body, key = server.platform.keys.publishableKey } = options
  const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined
  const init: RequestInit = {
    method,
    headers: {
      ...(key === false ? {} : { apikey: key }),
      ...(raw ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  }
  const call = way === 'in process' ? server.platform.fetch : fetch
  const response = await call(`${server.url}${path}`, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Bytes over a socket as they are, for what no HTTP client would send; resolves with all that came back. */
export function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => (received += chunk))
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
    // not `end`: a client that closes its side has gone away
    socket.write(bytes)
  })
}
