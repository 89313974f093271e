/** The start of a connection: waited for once, and not for long. */
import type { ConnectionOptions } from './connection-options.ts'

/** What Postgres is told before anything else. */
export function startupParameters({
  user,
  database,
  applicationName,
  settings,
}: ConnectionOptions): Record<string, string> {
  return {
    user,
    database,
    application_name: applicationName,
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    ...settings,
  }
}

/** At the server there is, or at the one of several that can be used. */
export function openAt<T>(
  options: ConnectionOptions,
  open: (options: ConnectionOptions) => Promise<T>,
): Promise<T> {
  const { servers } = options
  if (servers === undefined) return open(options)
  return servers.openOne((address) => open({ ...options, ...address }))
}

export class Startup {
  readonly promise: Promise<void>
  readonly #timer: NodeJS.Timeout
  #resolve: () => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(timeoutMs: number, onTimeout: () => void) {
    this.#timer = setTimeout(onTimeout, timeoutMs)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  succeed(): void {
    clearTimeout(this.#timer)
    this.#resolve()
  }

  fail(error: Error): void {
    clearTimeout(this.#timer)
    this.#reject(error)
  }
}
