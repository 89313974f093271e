/** A database on several servers, one of which takes writes at a time: the primary and those that may follow it. */
import { ConnectionError, DatabaseError } from './errors.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** `open` at each in turn, beginning with the one that was right the last time. Shared by all pools of a URL. */
export class Servers {
  readonly #addresses: readonly ServerAddress[]
  #first = 0

  constructor(addresses: readonly ServerAddress[]) {
    this.#addresses = addresses
  }

  /** @throws what the only one threw; of several a ConnectionError with what each said, or at once what no other would answer differently (a wrong password) */
  async openOne<T>(open: (address: ServerAddress) => Promise<T>): Promise<T> {
    const count = this.#addresses.length
    const said: string[] = []
    let last: unknown = null
    for (let turn = 0, first = this.#first; turn < count; turn++) {
      const at = (first + turn) % count
      try {
        const opened = await open(this.#addresses[at] as ServerAddress)
        this.#first = at
        return opened
      } catch (error) {
        if (count === 1 || !isOfTheServer(error)) throw error
        last = error
        said.push((error as Error).message)
      }
    }
    throw new ConnectionError(
      'connect',
      `None of the servers can be used. ${said.join('; ')}`,
      last,
    )
  }
}

/** It is away, starting, or a standby. */
function isOfTheServer(error: unknown): boolean {
  if (error instanceof ConnectionError) return true
  // 57P01 to 57P05: it is stopped or started; 53300: it is full
  return error instanceof DatabaseError && /^57P|^53300$/.test(error.code)
}
