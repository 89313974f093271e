/** Who is subscribed to which changes, by table; those of one role and claims are a group that sees the same rows. */
import type { ChangeListener } from '#services/realtime/channel'
import type { Member } from '#services/realtime/core'
import { Claims } from '#services/realtime/policies'
import { Audience } from './audience.ts'
import { matcherOf } from './params.ts'
import type { ChangeParams } from './params.ts'
import type { ChangeType, Relation, TableFacts } from '#services/realtime/rows'

export interface Subscription {
  readonly id: number
  readonly params: ChangeParams
  readonly group: Group
  readonly listener: ChangeListener
  readonly matches: (relation: Relation) => boolean
}

/** Those with the same role and claims. */
export interface Group {
  readonly role: string
  readonly claimsJson: string
  readonly claims: Claims
  readonly subscriptions: Set<Subscription>
}

/** A relation as Postgres last described it, and who asked for its changes. */
interface Table {
  readonly relation: Relation
  readonly subscriptions: Set<Subscription>
  readonly counts: Record<ChangeType, number>
  audience: Audience | null
}

/** More are forgotten, and looked up again. */
const mostTables = 10_000

export class Subscriptions {
  readonly #all = new Set<Subscription>()
  readonly #groups = new Map<string, Group>()
  readonly #roles = new Map<string, number>()
  readonly #tables = new Map<number, Table>()

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** Of all who are subscribed to anything. */
  get roles(): readonly string[] {
    return [...this.#roles.keys()].toSorted()
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
    for (const table of this.#tables.values())
      if (matches(table.relation)) enter(table, subscription)
    return () => this.#remove(subscription)
  }

  listeners(): ReadonlySet<ChangeListener> {
    return new Set(Array.from(this.#all, ({ listener }) => listener))
  }

  has(subscription: Subscription): boolean {
    return this.#all.has(subscription)
  }

  /** Whether anybody asked for this kind of change of the table. */
  isWanted(relation: Relation, type: ChangeType): boolean {
    return this.#tableOf(relation).counts[type] > 0
  }

  /** Who asked for changes of the table, in an order that fits these facts. */
  audienceOf(relation: Relation, facts: TableFacts): Audience {
    const table = this.#tableOf(relation)
    if (table.audience?.table !== facts) {
      table.audience = new Audience(relation, facts)
      for (const subscription of table.subscriptions) table.audience.add(subscription)
    }
    return table.audience
  }

  #tableOf(relation: Relation): Table {
    const known = this.#tables.get(relation.oid)
    if (known?.relation === relation) return known
    if (this.#tables.size >= mostTables) this.#tables.clear()
    const table: Table = {
      relation,
      subscriptions: new Set(),
      counts: { INSERT: 0, UPDATE: 0, DELETE: 0 },
      audience: null,
    }
    for (const subscription of this.#all)
      if (subscription.matches(relation)) enter(table, subscription)
    this.#tables.set(relation.oid, table)
    return table
  }

  #remove(subscription: Subscription): void {
    if (!this.#all.delete(subscription)) return
    const { group } = subscription
    group.subscriptions.delete(subscription)
    if (group.subscriptions.size === 0) this.#forget(group)
    for (const table of this.#tables.values()) leave(table, subscription)
  }

  #groupOf(member: Member): Group {
    const key = keyOf(member)
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const { role, claimsJson } = member
    const claims = new Claims(member)
    const group: Group = { role, claimsJson, claims, subscriptions: new Set() }
    this.#groups.set(key, group)
    this.#roles.set(role, (this.#roles.get(role) ?? 0) + 1)
    return group
  }

  #forget(group: Group): void {
    this.#groups.delete(keyOf(group))
    const left = (this.#roles.get(group.role) ?? 1) - 1
    if (left === 0) this.#roles.delete(group.role)
    else this.#roles.set(group.role, left)
  }
}

function enter(table: Table, subscription: Subscription): void {
  table.subscriptions.add(subscription)
  count(table, subscription, 1)
  table.audience?.add(subscription)
}

function leave(table: Table, subscription: Subscription): void {
  if (!table.subscriptions.delete(subscription)) return
  count(table, subscription, -1)
  table.audience?.remove(subscription)
}

function count({ counts }: Table, { params: { event } }: Subscription, by: number): void {
  for (const type of Object.keys(counts) as ChangeType[])
    if (event === '*' || event === type) counts[type] += by
}

function keyOf({ role, claimsJson }: Pick<Member, 'role' | 'claimsJson'>): string {
  return `${role}\n${claimsJson}`
}
