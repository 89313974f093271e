/** Progress of start-up as events: a step begins, a step has ended after so many milliseconds. */

export interface ProgressStep {
  /** `initialising Postgres 18.4` */
  readonly message: string
  /** Null when the step begins. */
  readonly elapsedMs: number | null
}

export type OnProgress = (step: ProgressStep) => void

/** Runs `work` and reports its beginning and its end. */
export async function reportStep<T>(
  onProgress: OnProgress,
  message: string,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  onProgress({ message, elapsedMs: null })
  const result = await work()
  onProgress({ message, elapsedMs: performance.now() - begun })
  return result
}

/** Steps of which only the beginnings are told: each ends when the next begins. */
export class StepSequence {
  readonly #onProgress: OnProgress
  #message: string | null = null
  #begun = 0

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress
  }

  /** The same message again goes on with the step. */
  begin(message: string): void {
    if (message === this.#message) return
    this.end()
    this.#message = message
    this.#begun = performance.now()
    this.#onProgress({ message, elapsedMs: null })
  }

  end(): void {
    if (this.#message === null) return
    this.#onProgress({ message: this.#message, elapsedMs: performance.now() - this.#begun })
    this.#message = null
  }
}
