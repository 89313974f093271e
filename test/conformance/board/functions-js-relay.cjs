/**
 * In the place of functions-js' test/relay/container.ts: a proxy to Basalt's functions. The relay would take each test file's own
 * secret; here a token that is signed with it goes on with the same claims under the project's secret, others as they are.
 */
const { createHmac } = require('node:crypto')
const { createServer, request } = require('node:http')

const projectSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const gateway = 54_321

function sign(text, secret) {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function translate(authorization, secret) {
  const [, head, claims, signature] = /^Bearer (.+)\.(.+)\.(.+)$/.exec(authorization) ?? []
  const signed = `${head}.${claims}`
  if (head === undefined || sign(signed, secret) !== signature) return authorization
  return `Bearer ${signed}.${sign(signed, projectSecret)}`
}

exports.runRelay = async (slug, secret) => {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    if (headers.authorization !== undefined)
      headers.authorization = translate(headers.authorization, secret)
    const path = `/functions/v1${url}`
    const sent = request({ port: gateway, method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    })
    sent.once('error', () => outgoing.destroy())
    incoming.pipe(sent)
  })
  await new Promise((done) => {
    server.listen(0, done)
  })
  const { port } = server.address()
  return {
    id: slug,
    container: { getMappedPort: () => port },
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
