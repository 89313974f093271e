/** How many results may be on their way at once: a slow reader holds a connection, and all of them must not. */
import { ConnectionError } from './errors.ts'

export class StreamPlaces {
  readonly #max: number
  #taken = 0

  /** Half of the pool's connections stay free for everything else. */
  constructor(maxConnections: number) {
    this.#max = Math.max(1, Math.floor(maxConnections / 2))
  }

  /** Returns how the place is given back, or the error that says there is none. */
  take(): (() => void) | ConnectionError {
    if (this.#taken >= this.#max)
      return new ConnectionError(
        'streams-full',
        `${this.#max} large results are being read already`,
      )
    this.#taken++
    let held = true
    return () => {
      if (held) this.#taken--
      held = false
    }
  }
}
