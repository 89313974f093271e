/** How many clients may be connected: what is configured, as far as the process may open so many files. */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import type { Log } from '#base/kernel'

const saysEveryMs = 60_000

/** Further connections are closed at once, which the log says once a minute. */
export function limitConnections(server: Server, wanted: number, log: Log): void {
  const most = mostConnections(wanted, readLimits())
  server.maxConnections = most
  let saidAt = -Infinity
  let closed = 0
  server.on('drop', () => {
    closed++
    if (performance.now() - saidAt < saysEveryMs) return
    log.warn('connections of clients are closed at once: there are as many as may be', {
      most,
      closed,
      configured: wanted,
      hint: 'raise basalt.max_connections, and the open files of the process (ulimit -n, LimitNOFILE)',
    })
    saidAt = performance.now()
    closed = 0
  })
}

/**
 * A quarter of the files is kept for what requests need: connections of Postgres, objects, functions. Where all of them are
 * clients', no connection is accepted or refused any more, not even one that asks for `/health`.
 */
export function mostConnections(wanted: number, limits: string | null): number {
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1] ?? Infinity)
  return Math.max(1, Math.min(wanted, Math.floor((files * 3) / 4)))
}

/** Where there is no such file there is no limit that we know. */
function readLimits(): string | null {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return null
  }
}
