/** Requests to stop what a backend runs: they travel on streams of their own, and may hit the statement behind. */
import type { ConnectionOptions } from './connection-options.ts'
import { DatabaseError, MisdirectedCancel } from './errors.ts'
import { sendCancel } from './open-socket.ts'
import type { Pipeline } from './pipeline.ts'

export class CancelRequests {
  readonly #options: ConnectionOptions
  readonly #onLanded: () => void
  #processId = 0
  #secretKey = 0
  #underWay: Promise<void> | null = null
  /** One is on its way or has just landed: whatever runs may be hit by it. */
  #mayHit = false

  /** `onLanded`: the connection may be given pipelines again. */
  constructor(options: ConnectionOptions, onLanded: () => void) {
    this.#options = options
    this.#onLanded = onLanded
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null
  }

  /** What the backend told of itself: who knows it may stop its statements. */
  useKey(processId: number, secretKey: number): void {
    this.#processId = processId
    this.#secretKey = secretKey
  }

  send(): void {
    this.#mayHit = true
    const done = sendCancel(this.#options, this.#processId, this.#secretKey).finally(() => {
      if (this.#underWay !== done) return
      this.#underWay = null
      this.#onLanded()
    })
    this.#underWay = done
  }

  /** Nothing runs that one could still hit. */
  settle(): void {
    if (this.#underWay === null) this.#mayHit = false
  }

  /** A cancel meant for another pipeline looks like our own: say so, that it can be tried again. */
  explain(pipeline: Pipeline, error: Error): Error {
    if (!(error instanceof DatabaseError) || error.code !== '57014') return error
    if (pipeline.cancelRequested) return error
    return this.#mayHit ? new MisdirectedCancel(error) : error
  }
}
