/** Work of more than a few ms, done in turns: whoever else has something to do gets in between, however many bring such work. */

/** Of one turn; a step may take as long again. */
const turnMs = 4

/** The steps of all requests of a process wait in one line, one turn in each round of the event loop. */
export class Turns {
  readonly #line: (() => boolean)[] = []
  #running = false

  /** Runs `steps` to their end, in turns with others; resolves with what they return. */
  run<T>(steps: Generator<void, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#line.push(() => {
        const until = performance.now() + turnMs
        try {
          do {
            const { done, value } = steps.next()
            if (done === true) {
              resolve(value)
              return true
            }
          } while (performance.now() < until)
          return false
        } catch (error) {
          reject(error as Error)
          return true
        }
      })
      if (!this.#running) this.#next()
    })
  }

  #next(): void {
    this.#running = true
    setImmediate(() => {
      const work = this.#line.shift()
      if (work !== undefined && !work()) this.#line.push(work)
      this.#running = this.#line.length > 0
      if (this.#running) this.#next()
    })
  }
}

/** Of this process. */
export const turns = new Turns()
