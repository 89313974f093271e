/** The prepared statements of one connection: named after ParseComplete only, and never more than a bound. */
import { BoundedCache } from '#kernel'
import type { Field } from './database.ts'

/** `pending` between Parse sent and ParseComplete seen: others that want it meanwhile go unnamed. */
export interface PreparedStatement {
  readonly key: string
  readonly name: string
  state: 'pending' | 'ready'
  fields: readonly Field[]
}

export class PreparedStatements {
  readonly #byKey: BoundedCache<string, PreparedStatement>
  #evicted: string[] = []
  #counter = 0

  constructor(capacity: number) {
    this.#byKey = new BoundedCache(capacity, (_, statement) => this.#evicted.push(statement.name))
  }

  get(key: string): PreparedStatement | undefined {
    return this.#byKey.get(key)
  }

  add(key: string): PreparedStatement {
    const statement: PreparedStatement = {
      key,
      name: `s${++this.#counter}`,
      state: 'pending',
      fields: [],
    }
    this.#byKey.set(key, statement)
    return statement
  }

  /** Forgets a statement whose Parse did not happen, or that the server no longer has. */
  forget(statement: PreparedStatement): void {
    if (this.#byKey.get(statement.key) === statement) this.#byKey.delete(statement.key)
  }

  /** Forgets all, when the server has lost them (DISCARD ALL, a pooler in between). */
  clear(): void {
    this.#byKey.clear()
  }

  /** Names to Close before the next statement. */
  takeEvicted(): readonly string[] {
    if (this.#evicted.length === 0) return this.#evicted
    const names = this.#evicted
    this.#evicted = []
    return names
  }
}
