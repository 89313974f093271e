/** How long each stage of a request took, for Server-Timing. PostgREST calls run and respond `transaction` and `response`. */

import type { RequestSteps } from '#base/service'

export class StageTimer {
  #at = performance.now()
  readonly #entries: string[] = []
  readonly #steps: RequestSteps | null

  /** Told of each stage where the request is watched. */
  constructor(steps: RequestSteps | null = null) {
    this.#steps = steps
  }

  /** Ends the stage that began where the last one ended. */
  end(stage: 'jwt' | 'parse' | 'plan' | 'render' | 'transaction' | 'response'): void {
    const now = performance.now()
    this.#entries.push(`${stage};dur=${(now - this.#at).toFixed(3)}`)
    this.#at = now
    this.#steps?.end(stage)
  }

  get header(): string {
    return this.#entries.join(', ')
  }
}
