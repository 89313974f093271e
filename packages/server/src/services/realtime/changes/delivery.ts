/** A batch of changes → the messages of those who asked for them and may see them. */
import type { Project } from '#base/service'
import { createChangeCache } from './rendered.ts'
import type { Rendered } from './rendered.ts'
import { faultOf } from './change.ts'
import type { Change } from './change.ts'
import { Evaluation } from './evaluate.ts'
import { groupBy } from './group-by.ts'
import { insist } from './insist.ts'
import { printValues } from './print-values.ts'
import type { Group, Subscription, Subscriptions } from './subscriptions.ts'
import { readTableFacts } from './table-facts.ts'
import type { TableFacts } from './table-facts.ts'
import { findVisible } from './visible-rows.ts'

/** A group this far behind, whose policies take this long for a batch, is let go: the others do not wait for it. */
const behind = { changes: 1_000, batchMs: 1_000 }

/** What one group gets of a batch, in the order of the log. */
interface Share {
  readonly change: Change
  readonly table: TableFacts
  readonly fault: string | null
  readonly subscriptions: Subscription[]
}

export interface DeliveryOptions {
  readonly project: Project
  readonly subscriptions: Subscriptions
  readonly isOver: () => boolean
}

export class Delivery {
  readonly #options: DeliveryOptions
  /** Of all groups together. */
  #waiting = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Changes that have been decided on for somebody and not been sent. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when every group has its share; `sent` of the outcome when all of it has been sent. */
  async deliver(changes: readonly Change[]): Promise<{ readonly sent: Promise<unknown> }> {
    const { project, isOver } = this.#options
    const wanted = changes.filter(({ relation, type }) => this.#of(relation, type).length > 0)
    if (wanted.length === 0) return { sent: Promise.resolve() }
    const { shares, rendered } = await insist(isOver, () => this.#decide(project, wanted))
    const sent = [...shares].map(([group, share]) => this.#hand(group, share, rendered))
    return { sent: Promise.all(sent) }
  }

  #of(...[relation, type]: Parameters<Subscriptions['of']>): readonly Subscription[] {
    return this.#options.subscriptions.of(relation, type)
  }

  async #decide(
    project: Project,
    changes: readonly Change[],
  ): Promise<{ readonly shares: ReadonlyMap<Group, Share[]>; readonly rendered: Rendered }> {
    const asked = changes.map((change) => [change, this.#of(change.relation, change.type)] as const)
    const roles = new Set(asked.flatMap(([, found]) => found.map(({ group }) => group.role)))
    const oids = new Set(changes.map(({ relation }) => relation.oid))
    const tables = await readTableFacts(project, [...oids], [...roles])
    const evaluation = new Evaluation(project)
    const known: (readonly [Change, TableFacts, readonly Subscription[]])[] = []
    for (const [change, found] of asked) {
      const table = tables.get(change.relation.oid)
      // a table that is gone by now: nobody can say who might see its rows
      if (table === undefined) continue
      known.push([change, table, found])
      for (const { params } of found) evaluation.prepare(change, table, params.conditions)
    }
    await evaluation.ask()
    const pairs = known.map(([change, table]) => [change, table] as const)
    const print = await printValues(project, pairs)
    const shares = new Map<Group, Share[]>()
    for (const [change, table, found] of known) share(shares, evaluation, change, table, found)
    const maxBytes = project.config['realtime.max_record_size']
    return { shares, rendered: createChangeCache(print, maxBytes) }
  }

  #hand(group: Group, shares: readonly Share[], rendered: Rendered): Promise<void> {
    const isIdle = group.waiting === 0
    const mustAsk = shares.some((item) => needsPolicies(group, item))
    if (isIdle && !mustAsk) {
      this.#send(shares, rendered, null)
      return Promise.resolve()
    }
    group.waiting += shares.length
    this.#waiting += shares.length
    group.tail = group.tail
      .then(() => this.#sendVisible(group, shares, rendered))
      .catch(() => {
        for (const { listener } of group.subscriptions)
          listener.onFailure('Changes could not be checked: join again in a moment')
      })
      .finally(() => {
        group.waiting -= shares.length
        this.#waiting -= shares.length
      })
    return group.tail
  }

  async #sendVisible(group: Group, shares: readonly Share[], rendered: Rendered): Promise<void> {
    const { project, isOver } = this.#options
    if (group.subscriptions.size === 0 || isOver()) return
    const byTable = groupBy(
      shares.filter((item) => needsPolicies(group, item)),
      ({ table }) => table,
    )
    const visible = new Set<Change>()
    const startedAt = performance.now()
    for (const [table, items] of byTable) {
      const changes = items.map(({ change }) => change)
      const seen = await insist(isOver, () => findVisible(project, group, table, changes))
      for (const change of seen) visible.add(change)
    }
    this.#send(
      shares.filter((item) => !needsPolicies(group, item) || visible.has(item.change)),
      rendered,
      group,
    )
    if (group.waiting > behind.changes && performance.now() - startedAt > behind.batchMs)
      for (const { listener } of group.subscriptions)
        listener.onFailure(
          'The policies of this table take too long for the changes there are: changes are no longer sent. Make the policies faster and join again',
        )
  }

  #send(shares: readonly Share[], rendered: Rendered, group: Group | null): void {
    for (const { change, table, fault, subscriptions } of shares) {
      const open = subscriptions.filter((each) => this.#options.subscriptions.has(each))
      const byListener = groupBy(open, ({ listener }) => listener)
      for (const [listener, own] of byListener) {
        const bySelect = groupBy(own, ({ params }) => params.select?.join('\0') ?? null)
        for (const same of bySelect.values()) {
          const [{ params, group: own }] = same as [Subscription]
          const ids = [...new Set(same.map(({ id }) => id))]
          const role = (group ?? own).role
          const data = rendered(change, table, { role, select: params.select, fault })
          listener.onChange(ids, change.type, data, change.position)
        }
      }
    }
  }
}

function needsPolicies({ role }: Group, { change, table, fault }: Share): boolean {
  return fault === null && change.type !== 'DELETE' && table.hasPolicies && !table.seesAll.has(role)
}

/** Who may not read the key of a table is told so, whatever was asked for. */
function share(
  shares: Map<Group, Share[]>,
  evaluation: Evaluation,
  change: Change,
  table: TableFacts,
  found: readonly Subscription[],
): void {
  const byGroup = new Map<Group, Share>()
  for (const subscription of found) {
    const { group, params } = subscription
    if (!table.readable.has(group.role)) continue
    const fault = faultOf(change, table, group.role)
    if (fault === null && !evaluation.holds(change, table, params.conditions)) continue
    const known = byGroup.get(group)
    if (known === undefined)
      byGroup.set(group, { change, table, fault, subscriptions: [subscription] })
    else known.subscriptions.push(subscription)
  }
  for (const [group, item] of byGroup) {
    const before = shares.get(group)
    if (before === undefined) shares.set(group, [item])
    else before.push(item)
  }
}
