/** Answers a backend that asks who we are. */
import { ScramExchange, md5Password } from './authentication.ts'
import { ConnectionError } from './errors.ts'
import type { FrontendMessages } from './frontend-messages.ts'

export class Credentials {
  readonly #user: string
  readonly #password: string
  #scram: ScramExchange | null = null

  constructor(user: string, password: string) {
    this.#user = user
    this.#password = password
  }

  /**
   * Appends the answer to an Authentication message whose body is `buffer[start, end)`.
   * @throws ConnectionError when we cannot answer, or the server cannot prove that it knows the password.
   */
  async answer(
    buffer: Buffer,
    start: number,
    end: number,
    messages: FrontendMessages,
  ): Promise<void> {
    switch (buffer.readInt32BE(start)) {
      case 0: // Ok
        return
      case 3: // CleartextPassword
        messages.password(this.#password)
        return
      case 5: // MD5Password
        messages.password(
          md5Password(this.#user, this.#password, buffer.subarray(start + 4, start + 8)),
        )
        return
      case 10: // SASL
        this.#beginScram(buffer.toString('latin1', start + 4, end).split('\0'), messages)
        return
      case 11: // SASLContinue
        messages.saslResponse(
          (await this.#scram?.final(buffer.toString('utf8', start + 4, end))) ?? '',
        )
        return
      case 12: // SASLFinal
        this.#scram?.verify(buffer.toString('utf8', start + 4, end))
        return
      default:
        throw new ConnectionError('connect', 'The server asks for an unsupported authentication')
    }
  }

  #beginScram(mechanisms: readonly string[], messages: FrontendMessages): void {
    if (!mechanisms.includes('SCRAM-SHA-256'))
      throw new ConnectionError('connect', `The server offers only ${mechanisms.join(' ')}`)
    this.#scram = new ScramExchange(this.#password)
    messages.saslInitial('SCRAM-SHA-256', this.#scram.first())
  }
}
