/** Versions of objects that took too long once: in another size they would again, and everybody's images wait meanwhile. */
import { isTooSlow, renderErrors } from './errors.ts'

export class SlowSources {
  readonly #max: number
  readonly #known = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  /** Runs `work`; it calls `check` when its turn has come, which may be long after it was asked for. */
  async run<T>(source: string, work: (check: () => void) => Promise<T>): Promise<T> {
    const check = (): void => {
      if (this.#known.has(source)) throw renderErrors.tooSlow()
    }
    check()
    try {
      return await work(check)
    } catch (error) {
      if (isTooSlow(error)) this.#add(source)
      throw error
    }
  }

  #add(source: string): void {
    this.#known.add(source)
    const [oldest = ''] = this.#known
    if (this.#known.size > this.#max) this.#known.delete(oldest)
  }
}
