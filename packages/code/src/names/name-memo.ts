/** Names that were found before, for who asks the same of the same versions. */
import { BoundedCache } from '#core'
import type { SimilarName } from './similar-names.ts'
import type { NamePart } from './walk-names.ts'

export type SimilarNames = readonly SimilarName[] | null

/** What `find` answers, or has answered before; null is not kept. */
export interface NameMemo {
  fitting(key: string, find: () => Promise<NamePart | null>): Promise<NamePart | null>
  similar(key: string, find: () => Promise<SimilarNames>): Promise<SimilarNames>
}

/** Of each kind, and the longest that are kept: 20 MB at the very most, usually 2. */
const maxAnswers = 1_000
const maxNames = 100
const keptMs = 3_600_000

export class NameMemos {
  readonly #fitting = new BoundedCache<NamePart>(maxAnswers, keptMs)
  readonly #similar = new BoundedCache<readonly SimilarName[]>(maxAnswers, keptMs)

  /** `number`: of the versions. */
  of(number: number): NameMemo {
    return {
      fitting: async (key, find) => {
        const known = this.#fitting.get(`${number} ${key}`)
        if (known !== undefined) return known
        const part = await find()
        if (part !== null && part.names.length <= maxNames)
          this.#fitting.set(`${number} ${key}`, part)
        return part
      },
      similar: async (key, find) => {
        const known = this.#similar.get(`${number} ${key}`)
        if (known !== undefined) return known
        const names = await find()
        if (names !== null && names.length <= maxNames) this.#similar.set(`${number} ${key}`, names)
        return names
      },
    }
  }
}
