/** The prepared statements of one connection: named after ParseComplete only, and never more than a bound. */
import { randomBytes } from 'node:crypto'
import { BoundedCache } from '#base/kernel'
import type { Field } from './database.ts'

/** `pending` between Parse sent and ParseComplete seen: others that want it meanwhile go unnamed. */
export interface PreparedStatement {
  readonly text: string
  /** Postgres plans again when the role changes: each role has a statement of its own (measurements C2, rule 1). */
  readonly role: string
  readonly name: string
  state: 'pending' | 'ready'
  fields: readonly Field[]
}

/** Roles of one text that are kept prepared; a text asked by more of them starts afresh. */
const maxRoles = 8

export class PreparedStatements {
  /** By text first: plans keep their text, whose hash V8 knows; a key made of role and text was hashed anew, 3 % of a request. */
  readonly #byText: BoundedCache<string, Map<string, PreparedStatement>>
  #evicted: string[] = []
  #counter = 0
  /** SQL that prepares statements of its own will not meet ours. */
  readonly #prefix = `b${randomBytes(4).toString('hex')}_`

  constructor(capacity: number) {
    this.#byText = new BoundedCache(capacity, (_, byRole) => this.#evict(byRole))
  }

  get(text: string, role: string): PreparedStatement | undefined {
    return this.#byText.get(text)?.get(role)
  }

  add(text: string, role: string): PreparedStatement {
    const name = this.#prefix + ++this.#counter
    const statement: PreparedStatement = { text, role, name, state: 'pending', fields: [] }
    let byRole = this.#byText.get(text)
    if (byRole === undefined || byRole.size >= maxRoles) {
      if (byRole !== undefined) this.#evict(byRole)
      byRole = new Map()
      this.#byText.set(text, byRole)
    }
    byRole.set(role, statement)
    return statement
  }

  /** Forgets a statement whose Parse did not happen, or that the server no longer has. */
  forget({ text, role, name }: PreparedStatement): void {
    const byRole = this.#byText.get(text)
    if (byRole?.get(role)?.name === name) byRole.delete(role)
  }

  /** Forgets all: the server has lost them (DISCARD ALL, a pooler in between), or what they return has changed. */
  clear(): void {
    for (const byRole of this.#byText.values()) this.#evict(byRole)
    this.#byText.clear()
  }

  /** As `clear`, where the server has been told already. */
  forgetAll(): void {
    this.#byText.clear()
    this.#evicted = []
  }

  /** Names to Close before the next statement. */
  takeEvicted(): readonly string[] {
    if (this.#evicted.length === 0) return this.#evicted
    const names = this.#evicted
    this.#evicted = []
    return names
  }

  #evict(byRole: Map<string, PreparedStatement>): void {
    for (const { name } of byRole.values()) this.#evicted.push(name)
  }
}
