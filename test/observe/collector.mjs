/** A collector of traces: keeps what is posted to it, answers as it is told. */
import { createServer } from 'node:http'
import { once } from 'node:events'

export async function startCollector() {
  const posts = []
  const state = { status: 200, delayMs: 0 }
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      posts.push({ url: request.url, headers: request.headers, body })
      setTimeout(() => response.writeHead(state.status).end(), state.delayMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    posts,
    state,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
