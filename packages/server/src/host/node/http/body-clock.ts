/** How long a body may take: as a whole, or, where it is taken as it comes, from one piece to the next. */
import type { IncomingMessage } from 'node:http'

/** Calls `onTimeout` once; ends with the body or its connection. */
export class BodyClock {
  readonly #timer: NodeJS.Timeout

  constructor(incoming: IncomingMessage, timeoutMs: number, onTimeout: () => void) {
    this.#timer = setTimeout(onTimeout, timeoutMs)
    this.#timer.unref()
    const stop = (): void => clearTimeout(this.#timer)
    incoming.once('end', stop)
    incoming.once('close', stop)
  }

  /** A piece came, and was taken: an upload may last as long as it goes on. */
  progressed(): void {
    this.#timer.refresh()
  }
}

/** Whether a request has a body to wait for. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}
