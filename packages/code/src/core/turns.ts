/** Turns at what there is little of: nobody has all of them, and who waits comes in turn with others, not behind all that one asked. */

export interface TurnOptions {
  /** At the same time, of all and of one. */
  readonly most: number
  readonly mostOfOne: number
  readonly longestWaitMs: number
  /** Of who has waited for so long. */
  readonly late: () => Error
}

type Begin = () => void

export class Turns {
  readonly #options: TurnOptions
  readonly #underWay = new Map<string, number>()
  /** By who waits; whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Begin>>()
  #count = 0

  constructor(options: TurnOptions) {
    this.#options = options
  }

  /** @throws `late`, and what `work` throws */
  async take<T>(who: string, work: () => Promise<T>): Promise<T> {
    if (this.#mayBegin(who) && !this.#waiting.has(who)) this.#begin(who)
    else await this.#wait(who)
    try {
      return await work()
    } finally {
      this.#end(who)
    }
  }

  #mayBegin(who: string): boolean {
    const { most, mostOfOne } = this.#options
    return this.#count < most && (this.#underWay.get(who) ?? 0) < mostOfOne
  }

  #begin(who: string): void {
    this.#count++
    this.#underWay.set(who, (this.#underWay.get(who) ?? 0) + 1)
  }

  #end(who: string): void {
    this.#count--
    const left = (this.#underWay.get(who) ?? 1) - 1
    if (left === 0) this.#underWay.delete(who)
    else this.#underWay.set(who, left)
    for (const [next, begins] of this.#waiting) {
      if (!this.#mayBegin(next)) continue
      const [begin] = begins
      this.#waiting.delete(next)
      // behind the others who wait
      this.#waiting.set(next, begins)
      begin?.()
      return
    }
  }

  #wait(who: string): Promise<void> {
    const { longestWaitMs, late } = this.#options
    const begins = this.#waiting.get(who) ?? new Set()
    this.#waiting.set(who, begins)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        begins.delete(begin)
        if (begins.size === 0) this.#waiting.delete(who)
      }
      const begin = (): void => {
        leave()
        this.#begin(who)
        resolve()
      }
      const timer = setTimeout(() => {
        leave()
        reject(late())
      }, longestWaitMs)
      begins.add(begin)
    })
  }
}
