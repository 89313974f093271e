/** A Unix socket that leads to one host and port: how a worker reaches what Deno would refuse it. */
import { chmodSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server } from 'node:net'

/** What a function names, and the socket that leads there. */
export interface Bridge {
  /** Lower-case; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** For bytes as they are. */
  readonly path: string
  /** For HTTP; null where none is spoken. */
  readonly httpPath: string | null
}

const connectTimeoutMs = 10_000
/** Of all functions together: a database has not many. */
const maxConnections = 60

/** Resolves when it listens; anybody who reaches the folder may use it. */
export function openRelay(
  path: string,
  target: { readonly host: string; readonly port: number },
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, allowHalfOpen: true, timeout: connectTimeoutMs })
    far.once('connect', () => far.setTimeout(0))
    far.once('timeout', () => far.destroy())
    near.pipe(far).pipe(near)
    const cut = (): void => {
      near.destroy()
      far.destroy()
    }
    near.on('error', cut)
    far.on('error', cut)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  server.maxConnections = maxConnections
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      chmodSync(path, 0o666)
      server.unref()
      resolve(server)
    })
  })
}
