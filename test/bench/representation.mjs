/** Decision 0003: what a request costs as a web-standard Request/Response, and as a plain object, over the same node:http. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { runLoad } from './run-load.mjs'

const body = Buffer.from('{"ok":true}')

const plain = (incoming, outgoing) => {
  const mark = incoming.url.indexOf('?')
  const request = {
    method: incoming.method,
    path: mark === -1 ? incoming.url : incoming.url.slice(0, mark),
    query: mark === -1 ? '' : incoming.url.slice(mark + 1),
    headers: incoming.headers,
  }
  const response = {
    status: request.path === '/x' ? 200 : 404,
    headers: { 'content-type': 'application/json' },
    body,
  }
  outgoing.writeHead(response.status, {
    ...response.headers,
    'content-length': response.body.length,
  })
  outgoing.end(response.body)
}

const web = async (incoming, outgoing) => {
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method,
    headers: incoming.headers,
    signal: new AbortController().signal,
  })
  const path = new URL(request.url).pathname
  const response = new Response(body, {
    status: path === '/x' ? 200 : 404,
    headers: { 'content-type': 'application/json' },
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    'content-length': bytes.length,
  })
  outgoing.end(bytes)
}

/** @type {[name: string, handler: (incoming: import('node:http').IncomingMessage, outgoing: import('node:http').ServerResponse) => unknown][]} */
const variants = [
  ['plain object', plain],
  ['web standard', web],
  ['plain object', plain],
  ['web standard', web],
]
for (const [name, handler] of variants) {
  const server = createServer((incoming, outgoing) => void handler(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const requests = [
    'GET /x?select=id HTTP/1.1\r\nHost: a\r\napikey: k\r\nAuthorization: Bearer x\r\n\r\n',
  ]
  const result = await runLoad({ host: '127.0.0.1', port, connections: 16, seconds: 3, requests })
  console.log(
    `${name}: ${Math.round(result.requests / result.seconds)} requests/s, p50 ${result.p50.toFixed(2)} ms`,
  )
  server.close()
}
