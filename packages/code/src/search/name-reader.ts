/** Names in parts: all repositories' of one name are in the same, and none is there twice. */
import { setImmediate } from 'node:timers/promises'
import type { FoundName } from '#names'

export class NameReader {
  readonly #names: Iterator<FoundName | null, void>
  /** Seen, and not taken. */
  #next: FoundName | 'later' | 'end' | undefined

  /** `names`: in order; null: others should be let go first. */
  constructor(names: Iterator<FoundName | null, void>) {
    this.#names = names
  }

  get isAtEnd(): boolean {
    return this.#next === 'end'
  }

  /** So many, and those that have the name of the last. */
  async take(count: number): Promise<FoundName[]> {
    const taken: FoundName[] = []
    const repositories = new Set<string>()
    for (;;) {
      this.#next ??= this.#read()
      if (this.#next === 'later') {
        this.#next = undefined
        await setImmediate()
        continue
      }
      if (this.#next === 'end') return taken
      const { repository, name } = this.#next
      if (name !== taken.at(-1)?.name) {
        if (taken.length >= count) return taken
        repositories.clear()
      }
      if (!repositories.has(repository)) taken.push(this.#next)
      repositories.add(repository)
      this.#next = undefined
    }
  }

  #read(): FoundName | 'later' | 'end' {
    const { done, value } = this.#names.next()
    return done === true ? 'end' : ((value as FoundName | null) ?? 'later')
  }
}
