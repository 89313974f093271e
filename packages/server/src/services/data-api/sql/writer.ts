/** Collects the placeholders of one query while its text is written. */
import type { Binder } from './binder.ts'

export class Writer {
  readonly binders: Binder[] = []
  readonly #numbers = new Map<string, number>()

  /** `$3`; the same value is bound once. */
  bind(binder: Binder): string {
    const key = JSON.stringify(binder)
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.binders.push(binder)
      this.#numbers.set(key, number)
    }
    return `$${number}`
  }
}
