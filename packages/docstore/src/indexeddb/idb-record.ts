/** Records of getAllRecords. */
import { assertInternal, defineInterface, internal } from './webidl.ts'

export class IDBRecord {
  readonly #key: unknown
  readonly #primaryKey: unknown
  readonly #value: unknown

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    ;[, this.#key, this.#primaryKey, this.#value] = args
  }
  get key(): unknown {
    return this.#key
  }
  get primaryKey(): unknown {
    return this.#primaryKey
  }
  get value(): unknown {
    return this.#value
  }
}
defineInterface(IDBRecord, 'IDBRecord')

export const newRecord = (key: unknown, primaryKey: unknown, value: unknown): IDBRecord =>
  new IDBRecord(internal, key, primaryKey, value)
