/** How many results may be on their way at once: a slow reader holds a connection, and they must not hold all. */
import { ConnectionError } from './errors.ts'

/** A large result found no place; nothing of it was kept. It can be asked for again once there is one. */
export class NoStreamPlace extends Error {
  override readonly name = 'NoStreamPlace'
}

export class StreamPlace {
  #onLeave: (() => void) | null

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave
  }

  /** Once; later calls do nothing. */
  leave(): void {
    const onLeave = this.#onLeave
    this.#onLeave = null
    onLeave?.()
  }
}

interface Waiter {
  readonly serve: (place: StreamPlace) => void
}

export class StreamPlaces {
  readonly #max: number
  readonly #patienceMs: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<Waiter>()
  #taken = 0

  /** Half of the pool's connections stay free for everything else. */
  constructor(maxConnections: number, patienceMs: number, maxWaiting: number) {
    this.#max = Math.max(1, Math.floor(maxConnections / 2))
    this.#patienceMs = patienceMs
    this.#maxWaiting = maxWaiting
  }

  take(): StreamPlace | null {
    if (this.#taken >= this.#max) return null
    this.#taken++
    return new StreamPlace(() => this.#left())
  }

  /** Rejects with `streams-full` when none becomes free in time, or too many wait already. */
  wait(): Promise<StreamPlace> {
    const place = this.take()
    if (place !== null) return Promise.resolve(place)
    if (this.#waiting.size >= this.#maxWaiting) return Promise.reject(this.#full())
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        serve: (free) => {
          clearTimeout(timer)
          resolve(free)
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter)
        reject(this.#full())
      }, this.#patienceMs)
      this.#waiting.add(waiter)
    })
  }

  #full(): ConnectionError {
    return new ConnectionError('streams-full', `${this.#max} large results are being read already`)
  }

  #left(): void {
    this.#taken--
    for (const waiter of this.#waiting) {
      const place = this.take()
      if (place === null) return
      this.#waiting.delete(waiter)
      waiter.serve(place)
    }
  }
}
