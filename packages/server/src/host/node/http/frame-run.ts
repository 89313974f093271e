/**
 * Frames that go to a connection in one turn of the event loop. Who gets the same frames shares one buffer of them: 10
 * messages to 10,000 connections are 10,000 writes of one buffer, not 100,000 of small ones.
 */

/** Longer runs are not copied together. */
const mostBytes = 65_536

export class FrameRun {
  static readonly #starts = new WeakMap<Uint8Array, FrameRun>()
  readonly length: number
  readonly #before: FrameRun | null
  readonly #frame: Uint8Array
  #after: Map<Uint8Array, FrameRun> | null = null
  #joined: Uint8Array | null = null

  private constructor(before: FrameRun | null, frame: Uint8Array) {
    this.#before = before
    this.#frame = frame
    this.length = (before?.length ?? 0) + frame.length
  }

  static from(frame: Uint8Array): FrameRun {
    let run = FrameRun.#starts.get(frame)
    if (run === undefined) {
      run = new FrameRun(null, frame)
      FrameRun.#starts.set(frame, run)
    }
    return run
  }

  with(frame: Uint8Array): FrameRun {
    this.#after ??= new Map()
    let run = this.#after.get(frame)
    if (run === undefined) {
      run = new FrameRun(this, frame)
      this.#after.set(frame, run)
    }
    return run
  }

  chunks(): readonly Uint8Array[] {
    if (this.#before === null) return [this.#frame]
    if (this.length > mostBytes) return this.#frames()
    this.#joined ??= Buffer.concat(this.#frames(), this.length)
    return [this.#joined]
  }

  #frames(): Uint8Array[] {
    const frames = [this.#frame]
    for (let run = this.#before; run !== null; run = run.#before) frames.push(run.#frame)
    return frames.toReversed()
  }
}
