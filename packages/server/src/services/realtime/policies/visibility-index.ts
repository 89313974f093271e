/** Who may see a row, found by what is in it: those who may not cost nothing. */
import type { Claims } from './claims.ts'
import type { Row } from './expression.ts'
import type { Alternative, RolePolicy } from './role-policy.ts'
import type { Value } from './value.ts'

export interface Viewer {
  readonly claims: Claims
}

interface Way<V> {
  readonly alternative: Alternative
  /** Without a key all are under null. */
  readonly viewers: Map<Value, Set<V>>
}

export class VisibilityIndex<V extends Viewer> {
  /** Whose claims only Postgres can judge. */
  readonly undecided = new Set<V>()
  readonly #policy: RolePolicy
  readonly #ways: readonly Way<V>[]

  constructor(policy: RolePolicy) {
    this.#policy = policy
    this.#ways = policy.alternatives.map((alternative) => ({ alternative, viewers: new Map() }))
  }

  add(viewer: V): void {
    const { claims } = viewer
    if (!this.#policy.decidesClaims(claims)) {
      this.undecided.add(viewer)
      return
    }
    for (const { alternative, viewers } of this.#ways) {
      const key = placeOf(alternative, claims)
      if (key === undefined) continue
      const there = viewers.get(key)
      if (there === undefined) viewers.set(key, new Set([viewer]))
      else there.add(viewer)
    }
  }

  remove(viewer: V): void {
    if (this.undecided.delete(viewer)) return
    for (const { alternative, viewers } of this.#ways) {
      const key = placeOf(alternative, viewer.claims)
      const there = viewers.get(key)
      there?.delete(viewer)
      if (there?.size === 0) viewers.delete(key)
    }
  }

  /** Null when only Postgres can say it of this row. Besides these, the undecided have to be asked for. */
  find(row: Row): ReadonlySet<V> | null {
    if (!this.#policy.decidesRow(row)) return null
    const [first, ...more] = this.#ways.flatMap((way) => this.#through(way, row))
    if (first === undefined) return new Set()
    return more.length === 0 ? first : new Set([first, ...more].flatMap((some) => [...some]))
  }

  isVisible(row: Row, viewer: V): boolean {
    return this.#policy.isVisible(row, viewer.claims)
  }

  #through({ alternative, viewers }: Way<V>, row: Row): ReadonlySet<V>[] {
    const { rowOnly, key, isComplete } = alternative
    if (!rowOnly.every((each) => each.evaluate(row, null as never) === true)) return []
    const values = key === null ? [null] : new Set(key.valuesOf(row))
    const found: ReadonlySet<V>[] = []
    for (const value of values) {
      if (key !== null && value === null) continue
      const there = viewers.get(value)
      if (there === undefined) continue
      found.push(isComplete ? there : this.#narrow(there, row))
    }
    return found
  }

  #narrow(viewers: ReadonlySet<V>, row: Row): ReadonlySet<V> {
    return new Set([...viewers].filter(({ claims }) => this.#policy.isVisible(row, claims)))
  }
}

/** Under which value; undefined for those who see nothing this way. */
function placeOf({ claimsOnly, key }: Alternative, claims: Claims): Value {
  const row = new Map<string, string | null>()
  if (!claimsOnly.every((each) => each.evaluate(row, claims) === true)) return undefined
  if (key === null) return null
  return key.valueOf(claims) ?? undefined
}
