/** The start of a connection: waited for once, and not for long. */

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
