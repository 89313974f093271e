/** How a command that runs until it is asked to end comes to its end. */
import { exitCodes } from './describe-error.ts'
import type { Terminal } from './terminal.ts'

/** npm and the terminal may both deliver one Ctrl-C. */
const sameKeyMs = 500

/** Waits for the end: the first Ctrl-C asks for it, a second one does not wait. */
export class Ending {
  /** Null when asked to end, else what failed. */
  readonly reached: Promise<{ readonly error: unknown } | null>
  readonly close: () => void
  readonly #controller = new AbortController()
  #resolve: (failure: { readonly error: unknown } | null) => void = () => {}

  constructor(terminal: Terminal) {
    this.reached = new Promise((resolve) => (this.#resolve = resolve))
    let firstAt: number | null = null
    this.close = terminal.onInterrupt(() => {
      const now = performance.now()
      if (firstAt === null) {
        firstAt = now
        this.#controller.abort()
        this.#resolve(null)
      } else if (now - firstAt > sameKeyMs) {
        terminal.err('Ended without waiting.\n')
        terminal.exit(exitCodes.interrupted)
      }
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  fail(error: unknown): void {
    this.#resolve({ error })
  }
}
