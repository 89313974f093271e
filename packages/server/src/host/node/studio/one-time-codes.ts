/** What a link signs in with, once: in its fragment, which no server or proxy is sent. */
import { randomBytes } from 'node:crypto'
import { constantTimeEqual } from '#base/token'

export class OneTimeCodes {
  #code = ''
  readonly #onNew: (code: string) => void

  constructor(onNew: (code: string) => void) {
    this.#onNew = onNew
    this.renew()
  }

  get current(): string {
    return this.#code
  }

  /** Whether it is the code; then there is another one. */
  take(code: string): boolean {
    if (!constantTimeEqual(this.#code, code)) return false
    this.renew()
    return true
  }

  renew(): void {
    this.#code = randomBytes(18).toString('base64url')
    this.#onNew(this.#code)
  }
}
