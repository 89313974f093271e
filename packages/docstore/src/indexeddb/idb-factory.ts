/** The entry: `indexedDB`. https://w3c.github.io/IndexedDB/#factory-interface */
import type { FactoryCore } from './factory-core.ts'
import { requireIdbKey } from './idb-key.ts'
import type { IDBOpenDBRequest } from './idb-request.ts'
import {
  assertInternal,
  defineInterface,
  enforceRange,
  internal,
  maxUnsignedLongLong,
  requireArguments,
  toDomString,
} from './webidl.ts'

export class IDBFactory {
  readonly #core: FactoryCore

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    this.#core = args[1] as FactoryCore
  }

  open(name: string, version: number | undefined = undefined): IDBOpenDBRequest {
    const core = this.#core
    requireArguments(arguments.length, 1)
    const wanted = toDomString(name)
    const number =
      version === undefined ? undefined : enforceRange(version, maxUnsignedLongLong, 'version')
    if (number === 0) throw new TypeError('version must not be 0.')
    return core.open(wanted, number)
  }

  deleteDatabase(name: string): IDBOpenDBRequest {
    const core = this.#core
    requireArguments(arguments.length, 1)
    return core.delete(toDomString(name))
  }

  async databases(): Promise<{ name: string; version: number }[]> {
    return this.#core.databases()
  }

  cmp(first: unknown, second: unknown): number {
    void this.#core
    requireArguments(arguments.length, 2)
    const [a, b] = [requireIdbKey(first), requireIdbKey(second)]
    return a < b ? -1 : a > b ? 1 : 0
  }
}
defineInterface(IDBFactory, 'IDBFactory')

export const newFactory = (core: FactoryCore): IDBFactory => new IDBFactory(internal, core)
