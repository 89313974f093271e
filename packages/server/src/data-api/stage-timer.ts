/** How long each stage of a request took, for Server-Timing. */

export class StageTimer {
  #at = performance.now()
  readonly #entries: string[] = []

  /** Ends the stage that began where the last one ended. */
  end(stage: 'parse' | 'plan' | 'render' | 'run' | 'respond'): void {
    const now = performance.now()
    this.#entries.push(`${stage};dur=${(now - this.#at).toFixed(3)}`)
    this.#at = now
  }

  get header(): string {
    return this.#entries.join(', ')
  }
}
