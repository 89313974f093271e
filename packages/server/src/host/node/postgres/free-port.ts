/** A TCP port on 127.0.0.1 that nobody listens on right now. */
import { createServer } from 'node:net'

const remembered = 100
/** The latest ones: who asked for them may not listen yet, and the system gives a port again that was let go. */
const given = new Set<number>()

export async function freePort(): Promise<number> {
  const port = await findPort()
  if (given.has(port)) return freePort()
  given.add(port)
  const [oldest] = given
  if (given.size > remembered && oldest !== undefined) given.delete(oldest)
  return port
}

async function findPort(): Promise<number> {
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
