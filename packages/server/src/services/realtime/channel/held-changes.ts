/** Changes that wait until those before them have been sent. */
import type { ChangePosition } from './change-position.ts'

export interface HeldChange {
  readonly ids: readonly number[]
  readonly type: string
  readonly data: string
  readonly position: ChangePosition
}

export class HeldChanges {
  readonly #maxBytes: number
  #changes: HeldChange[] = []
  #bytes = 0
  /** More came than may wait: they are no longer complete. */
  isOverfull = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(change: HeldChange): void {
    this.#bytes += change.data.length
    this.isOverfull ||= this.#bytes > this.#maxBytes
    if (this.isOverfull) this.#changes = []
    else this.#changes.push(change)
  }

  take(): readonly HeldChange[] {
    const held = this.#changes
    this.#changes = []
    return held
  }
}
