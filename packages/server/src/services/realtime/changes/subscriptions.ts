/** Who is subscribed to which changes, by table; those of one role and claims are a group that sees the same rows. */
import type { ChangeListener } from '#services/realtime/channel'
import type { Member } from '#services/realtime/core'
import { matcherOf } from './params.ts'
import type { ChangeParams } from './params.ts'
import type { ChangeType, Relation } from './pgoutput.ts'

export interface Subscription {
  readonly id: number
  readonly params: ChangeParams
  readonly group: Group
  readonly listener: ChangeListener
  readonly matches: (relation: Relation) => boolean
}

/** What those with the same role and claims have yet to be sent, in order. */
export interface Group {
  readonly role: string
  readonly claimsJson: string
  readonly subscriptions: Set<Subscription>
  /** Ends when everything handed to it has been sent. */
  tail: Promise<void>
  /** Changes in it. */
  waiting: number
}

export class Subscriptions {
  readonly #all = new Set<Subscription>()
  readonly #groups = new Map<string, Group>()
  /** By relation, as Postgres last described it. */
  #byRelation = new WeakMap<Relation, readonly Subscription[]>()

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** Returns what ends it. */
  add(request: {
    readonly id: number
    readonly params: ChangeParams
    readonly member: Member
    readonly listener: ChangeListener
  }): () => void {
    const { id, params, member, listener } = request
    const group = this.#groupOf(member)
    const isSchema = matcherOf(params.schema)
    const isTable = matcherOf(params.table)
    const matches = ({ schema, table }: Relation): boolean => isSchema(schema) && isTable(table)
    const subscription = { id, params, group, listener, matches }
    this.#all.add(subscription)
    group.subscriptions.add(subscription)
    this.#byRelation = new WeakMap()
    return () => {
      this.#all.delete(subscription)
      group.subscriptions.delete(subscription)
      if (group.subscriptions.size === 0) this.#groups.delete(keyOf(member))
      this.#byRelation = new WeakMap()
    }
  }

  listeners(): ReadonlySet<ChangeListener> {
    return new Set(Array.from(this.#all, ({ listener }) => listener))
  }

  has(subscription: Subscription): boolean {
    return this.#all.has(subscription)
  }

  /** Those that asked for this kind of change of the table. */
  of(relation: Relation, type: ChangeType): readonly Subscription[] {
    let found = this.#byRelation.get(relation)
    if (found === undefined) {
      found = [...this.#all].filter(({ matches }) => matches(relation))
      this.#byRelation.set(relation, found)
    }
    return found.filter(({ params: { event } }) => event === '*' || event === type)
  }

  #groupOf(member: Member): Group {
    const key = keyOf(member)
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const { role, claimsJson } = member
    const group: Group = {
      role,
      claimsJson,
      subscriptions: new Set(),
      tail: Promise.resolve(),
      waiting: 0,
    }
    this.#groups.set(key, group)
    return group
  }
}

function keyOf({ role, claimsJson }: Member): string {
  return `${role}\n${claimsJson}`
}
