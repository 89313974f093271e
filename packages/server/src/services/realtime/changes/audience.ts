/** Who is to be told of the changes of one table: found by the values of a row, so that all others cost nothing. */
import { VisibilityIndex } from '#services/realtime/policies'
import type { Change, ChangeType, Relation, TableFacts } from '#services/realtime/rows'
import { exactValue } from './evaluate.ts'
import type { Group, Subscription } from './subscriptions.ts'
import { isSameShape } from '#services/realtime/rows'

/** Filters that only Postgres decides, and those of several conditions, have yet to be looked at. */
export interface Found {
  readonly subscriptions: Iterable<Subscription>
  /** Whether they may see the row is for Postgres to say. */
  readonly mustAsk: boolean
}

const types: readonly ChangeType[] = ['INSERT', 'UPDATE', 'DELETE']

/** Stands for one state of a table's facts. */
export class Audience {
  readonly table: TableFacts
  readonly #relation: Relation
  readonly #parts: Readonly<Record<ChangeType, Map<string, RoleAudience>>> = {
    INSERT: new Map(),
    UPDATE: new Map(),
    DELETE: new Map(),
  }

  constructor(relation: Relation, table: TableFacts) {
    this.#relation = relation
    this.table = table
  }

  add(subscription: Subscription): void {
    for (const part of this.#partsOf(subscription)) part.add(subscription)
  }

  remove(subscription: Subscription): void {
    for (const part of this.#partsOf(subscription)) part.remove(subscription)
  }

  rolesOf(type: ChangeType): Iterable<string> {
    return this.#parts[type].keys()
  }

  find(change: Change, role: string): readonly Found[] {
    return this.#parts[change.type].get(role)?.find(change) ?? []
  }

  /** Of a role, whatever they have asked for. */
  of(type: ChangeType, role: string): Iterable<Subscription> {
    return this.#parts[type].get(role)?.all ?? []
  }

  *#partsOf({ params: { event }, group: { role } }: Subscription): Iterable<RoleAudience> {
    for (const type of types) {
      if (event !== '*' && event !== type) continue
      let part = this.#parts[type].get(role)
      if (part === undefined) {
        part = new RoleAudience(this.table, this.#viewOf(type, role))
        this.#parts[type].set(role, part)
      }
      yield part
    }
  }

  #viewOf(type: ChangeType, role: string): View {
    const { table } = this
    if (type === 'DELETE' || !table.hasPolicies || table.seesAll.has(role)) return 'all'
    if (!isSameShape(this.#relation, table)) return 'ask'
    const policy = table.policyOf(role)
    const bound = policy ?? table.boundOf(role)
    if (bound === null) return 'ask'
    return { index: new VisibilityIndex<Group>(bound), isExact: policy !== null }
  }
}

/** Who is found by an index that is not exact has to be asked for, too. */
type View = 'all' | 'ask' | { readonly index: VisibilityIndex<Group>; readonly isExact: boolean }

class RoleAudience {
  readonly all = new Set<Subscription>()
  readonly #view: View
  readonly #filters: FilterIndex
  readonly #byGroup = new Map<Group, Set<Subscription>>()

  constructor(table: TableFacts, view: View) {
    this.#view = view
    this.#filters = new FilterIndex(table)
  }

  add(subscription: Subscription): void {
    const { group } = subscription
    this.all.add(subscription)
    this.#filters.add(subscription)
    const own = this.#byGroup.get(group)
    if (own !== undefined) {
      own.add(subscription)
      return
    }
    this.#byGroup.set(group, new Set([subscription]))
    if (typeof this.#view === 'object') this.#view.index.add(group)
  }

  remove(subscription: Subscription): void {
    const { group } = subscription
    this.all.delete(subscription)
    this.#filters.remove(subscription)
    const own = this.#byGroup.get(group)
    own?.delete(subscription)
    if (own?.size !== 0) return
    this.#byGroup.delete(group)
    if (typeof this.#view === 'object') this.#view.index.remove(group)
  }

  find(change: Change): Found[] {
    const row = change.now ?? change.before ?? new Map<string, string | null>()
    const view = this.#view
    const visible = typeof view === 'object' ? view.index.find(row) : null
    if (typeof view !== 'object' || visible === null)
      return [{ subscriptions: this.#filters.find(row), mustAsk: view !== 'all' }]
    const { undecided } = view.index
    const found: Found[] = []
    if (visible.size > 0)
      found.push({ subscriptions: this.#filtered(row, visible), mustAsk: !view.isExact })
    if (undecided.size > 0)
      found.push({ subscriptions: this.#filtered(row, undecided), mustAsk: true })
    return found
  }

  /** From the smaller side. */
  *#filtered(
    row: ReadonlyMap<string, string | null>,
    groups: ReadonlySet<Group>,
  ): Iterable<Subscription> {
    if (groups.size <= this.#filters.count(row))
      for (const group of groups) yield* this.#byGroup.get(group) ?? []
    else
      for (const subscription of this.#filters.find(row))
        if (groups.has(subscription.group)) yield subscription
  }
}

/** Subscriptions by what one of their conditions wants of a column: `room=eq.7`. */
class FilterIndex {
  readonly #table: TableFacts
  readonly #others = new Set<Subscription>()
  readonly #byColumn = new Map<string, Map<string, Set<Subscription>>>()

  constructor(table: TableFacts) {
    this.#table = table
  }

  add(subscription: Subscription): void {
    const place = this.#placeOf(subscription)
    if (place === null) {
      this.#others.add(subscription)
      return
    }
    const [column, value] = place
    const byValue = this.#byColumn.get(column) ?? new Map<string, Set<Subscription>>()
    this.#byColumn.set(column, byValue)
    const same = byValue.get(value)
    if (same === undefined) byValue.set(value, new Set([subscription]))
    else same.add(subscription)
  }

  remove(subscription: Subscription): void {
    const place = this.#placeOf(subscription)
    if (place === null) {
      this.#others.delete(subscription)
      return
    }
    const byValue = this.#byColumn.get(place[0])
    const same = byValue?.get(place[1])
    same?.delete(subscription)
    if (same?.size === 0) byValue?.delete(place[1])
  }

  *find(row: ReadonlyMap<string, string | null>): Iterable<Subscription> {
    yield* this.#others
    for (const same of this.#at(row)) yield* same
  }

  count(row: ReadonlyMap<string, string | null>): number {
    let count = this.#others.size
    for (const same of this.#at(row)) count += same.size
    return count
  }

  *#at(row: ReadonlyMap<string, string | null>): Iterable<ReadonlySet<Subscription>> {
    for (const [column, byValue] of this.#byColumn) {
      const value = row.get(column)
      const same = typeof value === 'string' ? byValue.get(value) : undefined
      if (same !== undefined) yield same
    }
  }

  #placeOf({ params: { conditions } }: Subscription): readonly [string, string] | null {
    for (const { column, op, value, negate } of conditions) {
      const facts = this.#table.byName.get(column)
      const exact = op !== 'eq' || negate || facts === undefined ? null : exactValue(facts, value)
      if (exact !== null) return [column, exact]
    }
    return null
  }
}
